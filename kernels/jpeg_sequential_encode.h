// Entropy coding of whole blocks, as sequential scans have them.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "kernels/jpeg_bit_writer.h"
#include "kernels/jpeg_huffman_encode.h"
#include "kernels/jpeg_zigzag.h"

namespace headrace::jpeg {

/// A value's size (bits of its magnitude, 0 for 0) and the bits that follow the size's code.
struct Magnitude {
  unsigned size;
  uint32_t bits;

  static Magnitude of(int32_t value) {
    const int32_t sign = value >> 31;
    const auto size = static_cast<unsigned>(std::bit_width(static_cast<uint32_t>((value ^ sign) - sign)));
    return {size, static_cast<uint32_t>(value + sign) & ((1u << size) - 1)};
  }
};

/// Codes of AC coefficients of -64 to 63 with their value bits behind them: nearly all coefficients are that
/// small.
class SmallValueCodes {
 public:
  static constexpr int kLimit = 64;
  static constexpr uint32_t kMissing = uint32_t{1} << 31;

  SmallValueCodes() = default;
  explicit SmallValueCodes(const HuffmanCodes& codes) {
    for (int run = 0; run < kRuns; ++run) {
      for (int value = -kLimit; value < kLimit; ++value) {
        const Magnitude m = Magnitude::of(value);
        const HuffmanCodes::Code code = codes.at(static_cast<unsigned>(run), m.size);
        entries_[position(run, value)] =
            code.length == 0 ? kMissing
                             : (uint32_t{code.bits} << m.size | m.bits) << 8 | (code.length + m.size);
      }
    }
  }

  /// Whether entry() has these; one comparison for both.
  static bool holds(int run, int value) {
    return (static_cast<unsigned>(value + kLimit) | static_cast<unsigned>(run) * (2 * kLimit / kRuns)) <
           2 * kLimit;
  }
  /// Bits (23 at most) in all but the lowest byte, which is their number; kMissing if there is no code.
  uint32_t entry(int run, int value) const { return entries_[position(run, value)]; }

 private:
  static constexpr int kRuns = 16;
  static size_t position(int run, int value) {
    return static_cast<size_t>(run) * 2 * kLimit + static_cast<size_t>(value + kLimit);
  }

  std::array<uint32_t, size_t{kRuns} * 2 * kLimit> entries_{};
};

/// What codes one component's blocks within a scan.
struct ComponentCodes {
  HuffmanCodes dc, ac;
  SmallValueCodes small_ac;  ///< of sequential scans
};

class SequentialCoder {
 public:
  /// Of one block at most: 64 symbols of at most 16 + 15 bits, stuffed.
  static constexpr size_t kMaxBlockBytes = 1024;

  /// `codes` by the component's place in the scan.
  SequentialCoder(const std::array<const ComponentCodes*, 3>& codes, BitState bits)
      : codes_(codes), bits_(bits) {}

  BitState& bits() { return bits_; }
  bool missing_code() const { return missing_; }

  void start_segment() { last_dc_ = {}; }
  void end_segment() {}

  /// A call of its own, which keeps the loop's variables in registers: measurably faster than inlined.
  [[gnu::noinline]] void block(uint32_t component, const int16_t* block) {
    const ComponentCodes& codes = *codes_[component];
    BitState out = bits_;
    // Differences are taken modulo 2^16, which is how decoders that keep 16 bits add them up again.
    const auto difference = static_cast<int16_t>(block[0] - last_dc_[component]);
    last_dc_[component] = block[0];
    const Magnitude dc = Magnitude::of(difference);
    const HuffmanCodes::Code dc_code = codes.dc.at(0, dc.size);
    out.put(uint64_t{dc_code.bits} << dc.size | dc.bits, dc_code.length + dc.size);
    bool missing = dc_code.length == 0;

    int run_start = 1;
    uint32_t seen = 0;
    for (uint64_t left = nonzero_zigzag(block) & ~uint64_t{1}; left != 0; left &= left - 1) {
      const int k = std::countr_zero(left);
      const int run = k - run_start, value = block[kZigzagToNatural[k]];
      run_start = k + 1;
      if (SmallValueCodes::holds(run, value)) [[likely]] {
        const uint32_t entry = codes.small_ac.entry(run, value);
        seen |= entry;
        out.put(entry >> 8, entry & 0xFF);
      } else {
        missing |= put_value(codes.ac, run, value, out);
      }
    }
    if (run_start != 64) {
      const HuffmanCodes::Code end_of_block = codes.ac.at(0, 0);
      missing |= end_of_block.length == 0;
      out.put(end_of_block.bits, end_of_block.length);
    }
    missing |= (seen & SmallValueCodes::kMissing) != 0;
    missing_ |= missing;
    bits_ = out;
  }

 private:
  /// Any AC coefficient; true if a code is missing.
  static bool put_value(const HuffmanCodes& codes, int run, int value, BitState& out) {
    bool missing = false;
    for (; run > 15; run -= 16) {
      const HuffmanCodes::Code zero_run = codes.at(15, 0);
      missing |= zero_run.length == 0;
      out.put(zero_run.bits, zero_run.length);
    }
    const Magnitude magnitude = Magnitude::of(value);
    const HuffmanCodes::Code code = codes.at(static_cast<unsigned>(run), magnitude.size);
    out.put(uint64_t{code.bits} << magnitude.size | magnitude.bits, code.length + magnitude.size);
    return missing || code.length == 0;
  }

  std::array<const ComponentCodes*, 3> codes_;
  BitState bits_;
  std::array<int16_t, 3> last_dc_{};
  bool missing_ = false;
};

}  // namespace headrace::jpeg
