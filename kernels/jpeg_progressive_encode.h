// Entropy coding of progressive scans: DC and AC coefficients, their first bits and each bit after.
//
// Where the format leaves a choice (how long end-of-band runs and the correction bits they hold back may get,
// when runs of 16 zeros are written), this does what libjpeg does, whose output nearly all encoders share.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "kernels/jpeg_bit_writer.h"
#include "kernels/jpeg_sequential_encode.h"

namespace headrace::jpeg {

/// First bits of DC coefficients.
class DcFirstCoder {
 public:
  static constexpr size_t kMaxBlockBytes = 64;

  DcFirstCoder(const std::array<const ComponentCodes*, 3>& codes, BitState bits, int low)
      : codes_(codes), bits_(bits), low_(low) {}
  BitState& bits() { return bits_; }
  bool missing_code() const { return missing_; }
  void start_segment() { last_dc_ = {}; }
  void end_segment() {}

  void block(uint32_t component, const int16_t* block) {
    const int dc = block[0] >> low_;
    const Magnitude value = Magnitude::of(dc - last_dc_[component]);
    last_dc_[component] = dc;
    // A size above 16 (a difference of 17 bits) has no code, as 16 has none.
    const HuffmanCodes::Code code = codes_[component]->dc.at(0, std::min(value.size, 16u));
    missing_ |= code.length == 0;
    bits_.put(uint64_t{code.bits} << value.size | value.bits, code.length + value.size);
  }

 private:
  std::array<const ComponentCodes*, 3> codes_;
  BitState bits_;
  int low_;
  std::array<int, 3> last_dc_{};
  bool missing_ = false;
};

/// One more bit of DC coefficients.
class DcRefineCoder {
 public:
  static constexpr size_t kMaxBlockBytes = 64;

  DcRefineCoder(BitState bits, int low) : bits_(bits), low_(low) {}
  BitState& bits() { return bits_; }
  bool missing_code() const { return false; }
  void start_segment() {}
  void end_segment() {}
  void block(uint32_t, const int16_t* block) { bits_.put(block[0] >> low_ & 1, 1); }

 private:
  BitState bits_;
  int low_;
};

/// End-of-band runs: how many blocks in a row have nothing more to say, and the correction bits they bring.
class BandEnds {
 public:
  static constexpr size_t kMaxCorrections = 1000;  ///< held back at most, as in libjpeg

  explicit BandEnds(const HuffmanCodes& codes) : codes_(codes) {
    while (max_size_ >= 0 && codes.at(static_cast<unsigned>(max_size_), 0).length == 0) --max_size_;
  }

  /// One more block ends. Writes the run if it cannot grow: up to 2^15 - 1 blocks, and no longer than the
  /// table has codes for, since some encoders write shorter runs only.
  void add(BitState& bits, size_t corrections) {
    ++run_;
    held_ += corrections;
    if (run_ == 0x7FFF || run_ + 1 >= uint32_t{2} << std::max(max_size_, 0) || held_ > kMaxCorrections - 63) {
      write(bits);
    }
  }

  void write(BitState& bits) {
    if (run_ == 0) return;
    const auto size = static_cast<unsigned>(std::bit_width(run_)) - 1;
    const HuffmanCodes::Code code = codes_.at(size, 0);
    missing_ |= code.length == 0;
    bits.put(code.bits, code.length);
    bits.put(run_ & ((1u << size) - 1), size);
    run_ = 0;
    for (size_t i = 0; i < held_; ++i) bits.put(corrections_[i], 1);
    held_ = 0;
  }

  /// Where a block's correction bits go: there is room for 63 behind those held back.
  uint8_t* corrections() { return corrections_.data() + held_; }
  bool missing_code() const { return missing_; }

 private:
  const HuffmanCodes& codes_;
  int max_size_ = 14;  ///< of runs the table has codes for
  uint32_t run_ = 0;
  size_t held_ = 0;
  std::array<uint8_t, kMaxCorrections + 64> corrections_{};
  bool missing_ = false;
};

/// What both kinds of AC scans know.
struct Band {
  int first, last;  ///< zigzag positions
  int low;          ///< bits left out

  uint64_t mask() const { return ~uint64_t{0} << first & ~uint64_t{0} >> (63 - last); }
};

/// First bits of a band of AC coefficients.
class AcFirstCoder {
 public:
  static constexpr size_t kMaxBlockBytes = 1024;

  AcFirstCoder(const HuffmanCodes& codes, BitState bits, Band band)
      : codes_(codes), bits_(bits), band_(band), ends_(codes) {}
  BitState& bits() { return bits_; }
  bool missing_code() const { return missing_ || ends_.missing_code(); }
  void start_segment() {}
  void end_segment() { ends_.write(bits_); }

  void block(uint32_t, const int16_t* block) {
    int run_start = band_.first;
    for (uint64_t left = nonzero_zigzag(block) & band_.mask(); left != 0; left &= left - 1) {
      const int k = std::countr_zero(left);
      const int coefficient = block[kZigzagToNatural[k]];
      const int size_bits = (coefficient < 0 ? -coefficient : coefficient) >> band_.low;
      if (size_bits == 0) continue;
      ends_.write(bits_);
      int run = k - run_start;
      run_start = k + 1;
      for (; run > 15; run -= 16) put(codes_.at(15, 0), {0, 0});
      const Magnitude value = Magnitude::of(coefficient < 0 ? -size_bits : size_bits);
      put(codes_.at(static_cast<unsigned>(run), value.size), value);
    }
    if (run_start <= band_.last) ends_.add(bits_, 0);
  }

 private:
  void put(HuffmanCodes::Code code, Magnitude value) {
    missing_ |= code.length == 0;
    bits_.put(uint64_t{code.bits} << value.size | value.bits, code.length + value.size);
  }

  const HuffmanCodes& codes_;
  BitState bits_;
  Band band_;
  BandEnds ends_;
  bool missing_ = false;
};

/// One more bit of a band of AC coefficients.
class AcRefineCoder {
 public:
  /// Symbols and corrections of one block, after the run before it with all the corrections it held back.
  static constexpr size_t kMaxBlockBytes = 2048;

  AcRefineCoder(const HuffmanCodes& codes, BitState bits, Band band)
      : codes_(codes), bits_(bits), band_(band), ends_(codes) {}
  BitState& bits() { return bits_; }
  bool missing_code() const { return missing_ || ends_.missing_code(); }
  void start_segment() {}
  void end_segment() { ends_.write(bits_); }

  void block(uint32_t, const int16_t* block) {
    int magnitudes[64];
    uint64_t known = 0,
             fresh = 0;  // zigzag positions with a magnitude above 1, and of 1: nonzero from here on
    for (uint64_t left = nonzero_zigzag(block) & band_.mask(); left != 0; left &= left - 1) {
      const int k = std::countr_zero(left);
      const int coefficient = block[kZigzagToNatural[k]];
      magnitudes[k] = (coefficient < 0 ? -coefficient : coefficient) >> band_.low;
      if (magnitudes[k] == 1) fresh |= uint64_t{1} << k;
      if (magnitudes[k] > 1) known |= uint64_t{1} << k;
    }
    const int last_fresh = 63 - std::countl_zero(fresh);  // -1 if none
    int run = 0, run_start = band_.first;
    uint8_t* corrections = ends_.corrections();
    size_t count = 0;
    for (uint64_t left = known | fresh; left != 0; left &= left - 1) {
      const int k = std::countr_zero(left);
      run += k - run_start;
      run_start = k + 1;
      for (; run > 15 && k <= last_fresh; run -= 16) {
        ends_.write(bits_);
        put_with(codes_.at(15, 0), 0, 0, corrections, count);
      }
      if (known >> k & 1) {
        corrections[count++] = magnitudes[k] & 1;
        continue;
      }
      ends_.write(bits_);
      put_with(codes_.at(static_cast<unsigned>(run), 1), block[kZigzagToNatural[k]] > 0, 1, corrections,
               count);
      run = 0;
    }
    run += band_.last + 1 - run_start;
    if (run > 0 || count > 0) ends_.add(bits_, count);
  }

 private:
  /// A code, a bit or none behind it, and the corrections that were waiting for it.
  void put_with(HuffmanCodes::Code code, unsigned bit, unsigned bit_count, uint8_t*& corrections,
                size_t& count) {
    missing_ |= code.length == 0;
    bits_.put(uint64_t{code.bits} << bit_count | bit, code.length + bit_count);
    for (size_t i = 0; i < count; ++i) bits_.put(corrections[i], 1);
    count = 0;
    corrections = ends_.corrections();  // the run before was written, and its corrections with it
  }

  const HuffmanCodes& codes_;
  BitState bits_;
  Band band_;
  BandEnds ends_;
  bool missing_ = false;
};

}  // namespace headrace::jpeg
