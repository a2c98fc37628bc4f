// Reads of a file that do not fill the page cache, from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "headrace/status.h"

namespace headrace::platform {

/// A second, independent descriptor of an open file. Move-only.
class DataFile {
 public:
  enum class Mode {
    uncached,  ///< through the page cache, which does not keep what is read, unless it was there before
    direct     ///< past it: O_DIRECT
  };

  DataFile(DataFile&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        path_(std::move(other.path_)),
        alignment_(other.alignment_),
        drop_on_read_(other.drop_on_read_),
        direct_(other.direct_) {}
  DataFile& operator=(DataFile&&) = delete;
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;
  ~DataFile();

  /// The file behind `fd`; `path` is for messages, and to open it by where /proc is missing. Errors:
  /// "io.unsupported" (Mode::direct where the file system refuses it), "data.io".
  static Expected<DataFile> reopen(int fd, const std::string& path, Mode mode);

  /// What offsets, lengths and addresses of reads must be multiples of: a power of two, at least 4096.
  uint64_t alignment() const { return alignment_; }

  /// Whether the kernel drops what it read by itself (RWF_DONTCACHE).
  bool drops_on_read() const { return drop_on_read_; }

  /// Reads [offset, offset + bytes) to `out`. The file may end behind the first `needed` bytes of that.
  /// Errors: "data.io" (also where the file is shorter), "io.unsupported".
  Status read(uint64_t offset, uint64_t bytes, uint64_t needed, uint8_t* out) const;

 private:
  DataFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  Status failure(int error, uint64_t offset) const;

  int fd_ = -1;
  std::string path_;
  uint64_t alignment_ = 4096;
  bool drop_on_read_ = false;
  bool direct_ = false;
};

enum class Cached : uint8_t { yes, no, unknown };

/// Whether the byte at `offset` is in the page cache; starts reading it if not. `unknown` where the file
/// system cannot tell.
Cached is_cached(int fd, uint64_t offset);

}  // namespace headrace::platform
