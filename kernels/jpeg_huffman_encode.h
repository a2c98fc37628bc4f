// Huffman tables of JPEG files: as a file defines them, and made ready for writing codes.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace headrace::jpeg {

/// As a table definition segment has it.
struct HuffmanTable {
  bool defined = false;
  std::array<uint8_t, 16> counts{};    ///< of codes of 1 to 16 bits
  std::array<uint8_t, 256> symbols{};  ///< in the order of their codes

  /// Reads counts and symbols and returns how many bytes they took; 0 if `bytes` is too short or no code can
  /// have these counts.
  size_t read(std::span<const uint8_t> bytes);

  bool operator==(const HuffmanTable&) const = default;
};

/// Table K.3 to K.6 of the JPEG standard (ITU-T T.81): index 0 for luma, 1 for chroma.
const HuffmanTable& standard_table(bool ac, int index);

/// Codes by symbol. A symbol is (run << 4 | size); for DC coefficients the run is 0.
class HuffmanCodes {
 public:
  /// Length 0: the table has no such symbol.
  struct Code {
    uint16_t bits = 0;
    uint16_t length = 0;
  };

  HuffmanCodes() = default;
  explicit HuffmanCodes(const HuffmanTable& table);

  /// size up to 16, though a symbol cannot say more than 15: there is never a code for 16.
  Code at(unsigned run, unsigned size) const { return codes_[size_t{size} * 16 + run]; }

 private:
  std::array<Code, 17 * 16> codes_{};
};

}  // namespace headrace::jpeg
