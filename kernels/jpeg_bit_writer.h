// Entropy-coded bytes: bits gathered to bytes, first bit highest, with a zero byte stuffed behind each 0xFF.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace headrace::jpeg {

/// Bytes appended to a vector, in room that is made ahead of them.
class ByteSink {
 public:
  /// Writes behind what `out` holds; never more than `limit` bytes in all.
  ByteSink(std::vector<uint8_t>& out, size_t limit) : out_(out), used_(out.size()), limit_(limit) {}

  /// Room for `bytes` more at end(); nullptr if that would pass the limit, and the sink is full() from then
  /// on.
  uint8_t* reserve(size_t bytes) {
    full_ |= bytes > limit_ - used_;
    if (full_) return nullptr;
    if (used_ + bytes > out_.size())
      out_.resize(std::min(limit_, used_ + bytes + used_ / 2 + (size_t{1} << 16)));
    return out_.data() + used_;
  }
  uint8_t* end() { return out_.data() + used_; }
  /// One past the room there is.
  uint8_t* room_end() { return out_.data() + out_.size(); }
  /// Counts what was written up to `end`.
  void advance_to(const uint8_t* end) { used_ = static_cast<size_t>(end - out_.data()); }
  size_t used() const { return used_; }
  const uint8_t* data() const { return out_.data(); }
  bool full() const { return full_; }
  /// Cuts the vector to what was written.
  void finish() { out_.resize(used_); }

 private:
  std::vector<uint8_t>& out_;
  size_t used_;
  size_t limit_;
  bool full_ = false;
};

/// The bits that do not fill 64 yet, and where the next byte goes. Small enough for registers: hot loops keep
/// a copy.
struct BitState {
  uint64_t bits = 0;  ///< the lowest 64 - free are pending
  int free = 64;
  uint8_t* next = nullptr;

  /// Appends the lowest `count` (0 to 32) bits of `value`, whose others are 0. At `next` 16 bytes may be
  /// written.
  void put(uint64_t value, unsigned count) {
    free -= static_cast<int>(count);
    if (free >= 0) {
      bits = bits << count | value;
      return;
    }
    const unsigned over = static_cast<unsigned>(-free);
    write_word(bits << (count - over) | value >> over);
    bits = value;
    free += 64;
  }

  /// Writes all whole bytes; up to 7 bits stay.
  void write_whole_bytes() {
    unsigned pending = static_cast<unsigned>(64 - free);
    for (; pending >= 8; pending -= 8) write_byte(static_cast<uint8_t>(bits >> (pending - 8)));
    bits &= (uint64_t{1} << pending) - 1;
    free = static_cast<int>(64 - pending);
  }

  void write_byte(uint8_t byte) {
    *next++ = byte;
    if (byte == 0xFF) *next++ = 0;
  }

 private:
  void write_word(uint64_t word) {
    // A byte is 0xFF if its high bit is set and adding one to it carries: a cheap test that never misses one.
    if ((word & 0x8080808080808080u & ~(word + 0x0101010101010101u)) != 0) [[unlikely]] {
      for (int shift = 56; shift >= 0; shift -= 8) write_byte(static_cast<uint8_t>(word >> shift));
      return;
    }
    if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
    std::memcpy(next, &word, sizeof(word));
    next += sizeof(word);
  }
};

}  // namespace headrace::jpeg
