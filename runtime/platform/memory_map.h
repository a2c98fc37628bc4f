// A whole file mapped read-only. The only place that knows mmap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "headrace/status.h"

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

  enum class Advice { normal, random, will_need, dont_need };
  /// Tells the kernel how a byte range is going to be used; a hint, so failure is ignored.
  void advise(uint64_t offset, uint64_t length, Advice advice) const;

 private:
  void swap(MemoryMap& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace headrace::platform
