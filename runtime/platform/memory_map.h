// A whole file mapped read-only. The only place that knows mmap of files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "headrace/status.h"
#include "runtime/platform/bus_guard.h"
#include "runtime/platform/file_io.h"

namespace headrace::platform {

/// Move-only; unmaps on destruction.
class MemoryMap {
 public:
  MemoryMap() = default;
  MemoryMap(MemoryMap&& other) noexcept { swap(other); }
  MemoryMap& operator=(MemoryMap&& other) noexcept {
    swap(other);
    return *this;
  }
  MemoryMap(const MemoryMap&) = delete;
  MemoryMap& operator=(const MemoryMap&) = delete;
  ~MemoryMap();

  /// Maps a regular file. An empty file gives an empty map. Errors: "data.io".
  static Expected<MemoryMap> open(const std::string& path);

  std::span<const uint8_t> bytes() const { return {data_, size_}; }

  /// The mapped file, whatever its path names by now; -1 for an empty map. Open as long as the map is.
  int fd() const { return file_ ? file_->fd() : -1; }

  /// False once a part of the file could not be read through the mapping, because the file became shorter or
  /// its device failed. That part reads as zeros, and bytes read so far may have been such zeros. Costs a
  /// load of one byte.
  bool intact() const;

  /// Why a map that is not intact is not, as "became shorter while in use (...)". For messages.
  std::string fault_text() const;

  enum class Advice {
    normal,
    random,         ///< no reading around what is touched
    will_need,      ///< start reading now
    huge_pages,     ///< read and map it in huge pages where the file system can
    no_huge_pages,  ///< the opposite
    release         ///< not any more: out of the address space, and out of the page cache if nobody has it
  };
  /// Tells the kernel how a byte range is going to be used; a hint, so failure is ignored.
  void advise(uint64_t offset, uint64_t length, Advice advice) const;

  /// Reads a byte range into memory and maps it, and waits for that. False if the kernel cannot do that, or
  /// a part cannot be read: that is left to the access that needs it.
  bool populate(uint64_t offset, uint64_t length) const;

 private:
  void swap(MemoryMap& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(guard_, other.guard_);
    std::swap(last_, other.last_);
    std::swap(file_, other.file_);
  }
  bool call_madvise(uint64_t offset, uint64_t length, int flag) const;

  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
  GuardSlot* guard_ = nullptr;
  const volatile uint8_t* last_ = nullptr;  // the last byte that is not 0
  std::optional<OpenFile> file_;
};

}  // namespace headrace::platform
