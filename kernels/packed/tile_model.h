// A tile's coefficients as the symbols its codes code: what encoding and the training of code tables share.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/packed/code_tables.h"
#include "kernels/packed/layout.h"

namespace headrace::packed {

/// Symbols of one context in a row, coded one after another.
struct Segment {
  int context;
  uint32_t begin, end;  ///< in TileSymbols::symbols
};

struct TileSymbols {
  std::vector<uint8_t> symbols;
  std::vector<Segment> segments;
  std::vector<uint16_t> words;  ///< values too large for a symbol, in the order of decoding
  std::vector<uint8_t> signs;   ///< a bit per value slot, lowest first

  // Working memory, kept from tile to tile.
  std::vector<const CoefficientBlock*> blocks;
  std::vector<uint64_t> masks;
  std::vector<uint8_t> classes;
  std::vector<uint16_t> dc;  ///< zigzag differences
  std::vector<uint32_t> sorted;
  std::vector<uint8_t> large;
};

/// Replaces what `out` held. Every tile of a grid that choose_tiles() made fits.
void model_tile(const CoefficientImage& image, const Grid& grid, uint32_t tile_column, uint32_t tile_row, TileSymbols& out);

}  // namespace headrace::packed
