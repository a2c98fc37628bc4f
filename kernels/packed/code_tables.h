// The code tables of packed images: Huffman codes of at most 10 or 11 bits, in built-in sets that every reader has.
// An image names the set it was coded with.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace headrace::packed {

inline constexpr int kFastCodeBits = 10;   ///< longest code of the sets that decode fastest
inline constexpr int kMaxCodeBits = 11;    ///< and of those that make images smallest
inline constexpr int kSymbols = 256;

/// Which code a symbol of a tile has; DESIGN of the contexts in docs/packed.md.
enum Context : int {
  kClassLuma = 0,    ///< classes of three blocks: c0 + 5 c1 + 25 c2
  kClassChroma = 1,
  kMask = 2,         ///< + mask_context(class, tile): eight mask bits
  kPair = kMask + 20,   ///< + pair_context(class, group): two magnitudes less 1, 15 = 16 or more
  kLarge = kPair + 10,  ///< magnitude less 16; 255: a word follows
  kDcLuma = kLarge + 1,    ///< + class: zigzag difference to the DC on the left; 255: a word follows
  kDcChroma = kDcLuma + 5,
  kContexts = kDcChroma + 5
};

/// Class 1 has tiles 0 and 1, class 4 all eight.
constexpr int mask_context(int cls, int tile) { return kMask + cls * (cls - 1) + tile; }
constexpr int pair_context(int cls, int group) { return kPair + cls * (cls - 1) / 2 + group; }

/// Symbol << 8 | code length, by the next TableSet::bits bits.
using DecodeTable = std::array<uint16_t, 1 << kMaxCodeBits>;

struct Code {
  uint16_t bits = 0;
  uint8_t length = 0;
};

struct TableSet {
  int bits = kFastCodeBits;  ///< longest code; index bits of the decoding tables
  std::array<DecodeTable, kContexts> decode;
  std::array<std::array<Code, kSymbols>, kContexts> encode;
};

/// Number of symbols of a context: 125 for classes, else 256.
constexpr int context_symbols(int context) { return context <= kClassChroma ? 125 : kSymbols; }

/// Sets [0, fast_table_sets()) have codes of at most kFastCodeBits, the others of kMaxCodeBits.
int fast_table_sets();
int table_set_count();

/// A built-in set; made on first use and kept.
const TableSet& table_set(int set);

/// Canonical codes from lengths: shorter first, then by symbol. The lengths must make a complete code.
void make_codes(std::span<const uint8_t> lengths, std::array<Code, kSymbols>& codes);

/// Lengths of an optimal code of at most `bits` bits (package-merge). Every symbol gets a code.
void limited_lengths(std::span<const uint64_t> counts, int bits, std::span<uint8_t> lengths);

}  // namespace headrace::packed
