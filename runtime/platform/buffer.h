// Anonymous memory for batches and scratch: large, aligned, in huge pages where the system gives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "headrace/status.h"

namespace headrace::platform {

struct BufferOptions {
  bool huge_tlb = false;  ///< from the system's reserve of huge pages; where it has none, as without
  bool prefault = false;  ///< physical pages at once, not when they are first touched
};

/// Zero-filled memory that takes up physical pages only where it is touched. Move-only; given back to the
/// system on destruction.
class Buffer {
 public:
  static constexpr size_t kAlignment = 4096;  ///< of data(), at least

  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  /// At least `bytes` bytes, advised to be huge pages if they fill one. Error: "memory".
  static Expected<Buffer> allocate(size_t bytes, const BufferOptions& options = {});

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }  ///< bytes usable at data(), 0 if there are none

 private:
  Buffer(uint8_t* data, size_t size) : data_(data), size_(size) {}

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace headrace::platform
