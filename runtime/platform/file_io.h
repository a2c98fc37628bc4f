// Reading whole files through descriptors, with one clear error each.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "headrace/status.h"

namespace headrace::platform {

/// "No space left on device (ENOSPC)"-style text of an errno value; thread-safe.
std::string errno_text(int error);

/// A regular file opened for reading. Move-only.
class OpenFile {
 public:
  OpenFile(OpenFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(size_, other.size_);
    return *this;
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile();

  /// Opens `path`, following links; anything but a regular file is refused without blocking on it.
  /// Errors carry `code`.
  static Expected<OpenFile> read_only(const std::string& path, const std::string& code);

  int fd() const { return fd_; }
  uint64_t size() const { return size_; }  ///< bytes when it was opened

 private:
  OpenFile(int fd, uint64_t size) : fd_(fd), size_(size) {}
  int fd_ = -1;
  uint64_t size_ = 0;
};

/// The whole file in `out`. More than `max_bytes` is an error. Errors carry `path` and `code`.
Status read_all(const OpenFile& file, uint64_t max_bytes, const std::string& path, const std::string& code,
                std::vector<uint8_t>& out);

/// The first `max_bytes` bytes of a file, or fewer if it is shorter. Errors carry `code`.
Status read_prefix(const std::string& path, size_t max_bytes, const std::string& code,
                   std::vector<uint8_t>& out);

}  // namespace headrace::platform
