// Reading little-endian values from bytes that may lie about what they hold.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace headrace::aot {

static_assert(std::endian::native == std::endian::little, "objects are made and read on little-endian machines");

/// Reads one value after the other. The first that does not fit makes it fail; from then on everything reads as 0.
class ByteCursor {
 public:
  explicit ByteCursor(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  template <class T>
  T number() {
    T value{};
    if (const uint8_t* p = take(sizeof value)) std::memcpy(&value, p, sizeof value);
    return value;
  }

  /// A u32 length and as many bytes.
  std::string text() {
    const size_t length = number<uint32_t>();
    const uint8_t* p = take(length);
    return p ? std::string(reinterpret_cast<const char*>(p), length) : std::string();
  }

  /// A u32 count of things that take at least `least` bytes each.
  size_t count(size_t least) {
    const size_t n = number<uint32_t>();
    if (n <= left() / least) return n;
    failed_ = true;
    return 0;
  }

  size_t left() const { return bytes_.size() - at_; }
  bool failed() const { return failed_; }

 private:
  const uint8_t* take(size_t n) {
    if (failed_ || n > left()) {
      failed_ = true;
      return nullptr;
    }
    const uint8_t* p = bytes_.data() + at_;
    at_ += n;
    return p;
  }

  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace headrace::aot
