// Entropy decoding of one tile of a packed image: bit streams to masks, values, value offsets and absolute DC.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/packed/code_tables.h"
#include "kernels/packed/layout.h"

namespace headrace::packed {

/// Room a caller leaves behind arrays that tiles are decoded to, in elements.
inline constexpr size_t kOverrun = 64;
/// Most value slots of a tile of so many blocks: 63 per block, and each of ten segments filled up to an even number.
constexpr size_t most_tile_values(size_t blocks) { return 63 * blocks + 16; }
inline constexpr size_t kMaxTileValues = most_tile_values(kMaxTileBlocks);

struct TileInput {
  const uint8_t* data = nullptr;    ///< the tile; 64 readable bytes follow it
  size_t bytes = 0;
  const uint8_t* lowest = nullptr;  ///< readable from here on; at least 24 bytes before `data`
  const TableSet* tables = nullptr;
  uint32_t blocks = 0;              ///< at most kMaxTileBlocks
  uint32_t luma = 0;                ///< of component 0, which come first
  const uint16_t* positions = nullptr;  ///< where in the output each block belongs; kOverrun more
};

struct TileOutput {
  uint64_t* masks = nullptr;    ///< by position
  uint32_t* offsets = nullptr;  ///< 4 by position, counted from `values`
  int16_t* dc = nullptr;        ///< by position: differences to the block on the left
  int16_t* values = nullptr;    ///< the tile's values start at `first`; room for most_tile_values() + kOverrun
  uint32_t first = 0;
};

/// Memory a thread keeps for decoding tiles.
struct TileScratch {
  alignas(64) uint8_t classes[kMaxTileBlocks + kOverrun];
  alignas(64) uint16_t sorted[kMaxTileBlocks + kOverrun];    ///< positions, by class
  alignas(64) uint8_t planes[8][kMaxTileBlocks + kOverrun];  ///< of one class
  alignas(64) uint64_t masks[kMaxTileBlocks + kOverrun];     ///< sorted
  alignas(64) uint64_t counts[kMaxTileBlocks + kOverrun];    ///< nonzero values per group, four u16
  alignas(64) uint8_t pairs[kMaxTileValues / 2 + kOverrun];
  alignas(64) uint8_t large[kMaxTileValues + kOverrun];
  alignas(64) uint8_t dc[kMaxTileBlocks + kOverrun];         ///< sorted, as coded
  alignas(64) int16_t differences[kMaxTileBlocks + kOverrun];
};

/// What is wrong with a tile; null if nothing.
using TileDecode = const char* (*)(const TileInput& in, const TileOutput& out, TileScratch& scratch);

/// One function, compiled for different instruction sets; the results are the same.
const char* decode_tile_baseline(const TileInput& in, const TileOutput& out, TileScratch& scratch);
#ifdef HEADRACE_X86_LEVELS
const char* decode_tile_v3(const TileInput& in, const TileOutput& out, TileScratch& scratch);
const char* decode_tile_vbmi2(const TileInput& in, const TileOutput& out, TileScratch& scratch);
#endif

/// The fastest one this CPU runs.
TileDecode best_tile_decode();

}  // namespace headrace::packed
