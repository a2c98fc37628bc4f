// Buffers between pages that cannot be touched: generated code is not instrumented, so the processor has to
// say when it leaves its memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace headrace::testing {

/// Which end of a buffer lies against a forbidden page. The other end is as close to one as the alignment
/// allows.
enum class GuardSide : uint8_t { front, back };

class GuardedMemory {
 public:
  /// `size` bytes at an address that is a multiple of `alignment` (a power of two, at most a page).
  GuardedMemory(std::string name, size_t size, size_t alignment, GuardSide side);
  GuardedMemory(GuardedMemory&& other) noexcept;
  GuardedMemory& operator=(GuardedMemory&&) = delete;
  ~GuardedMemory();

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  std::vector<uint8_t> copy() const { return {data_, data_ + size_}; }

  /// "3 bytes beyond the end of NAME" for an address in its forbidden pages; "" for any other.
  std::string where(const void* address) const;

  /// "wrote outside NAME" if a byte between the buffer and its forbidden pages has changed, else "".
  std::string damage() const;

 private:
  std::string name_;
  size_t size_, mapped_;
  uint8_t* base_;  // of the first forbidden page
  uint8_t* data_;
};

/// Runs `body`. If it touches memory that it must not touch, it is left at once (destructors do not run), and
/// the result says what: the place in one of `buffers`, or the address. "" if all went well. A failure of
/// another kind ends the process as it always does.
std::string run_trapped(const std::vector<GuardedMemory>& buffers, const std::function<void()>& body);

}  // namespace headrace::testing
