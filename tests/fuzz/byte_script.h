// A fuzzer's bytes as a script of choices.
#pragma once

#include <cstdint>
#include <span>

namespace headrace::fuzz {

/// Goes on for ever, so that every prefix of a script is one: with zeros, or with noise.
class ByteScript {
 public:
  explicit ByteScript(std::span<const uint8_t> bytes) : rest_(bytes) {}

  /// What follows the bytes: noise that depends on `seed`; zeros if that is 0.
  void continue_with(uint8_t seed) { noise_ = seed; }

  uint8_t byte() {
    if (rest_.empty()) return noise_ != 0 ? next_noise() : 0;
    const uint8_t value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
  }

  uint16_t word() {
    const uint8_t low = byte();
    return uint16_t(low | byte() << 8);
  }

  /// A number from `least` to `most`, at most 65535 apart.
  uint32_t between(uint32_t least, uint32_t most) {
    const uint32_t span = most - least + 1;
    return least + (span <= 256 ? byte() : word()) % span;
  }

 private:
  uint8_t next_noise() {
    noise_ = noise_ * 1664525u + 1013904223u;
    if (noise_ == 0) noise_ = 1;
    return uint8_t(noise_ >> 24);
  }

  std::span<const uint8_t> rest_;
  uint32_t noise_ = 0;
};

}  // namespace headrace::fuzz
