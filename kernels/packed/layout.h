// How a packed image's bytes are laid out, and how it is cut into tiles; docs/packed.md says what each byte means.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "headrace/planes.h"
#include "kernels/coefficient_rows.h"
#include "kernels/jpeg_coefficients.h"

namespace headrace::packed {

/// First bytes of a packed image, little-endian. Quantisation tables, the tile directory, the tiles and the recipe
/// follow, in this order.
struct Header {
  uint8_t codec = 1;             ///< how tiles are coded: 1, the only one yet
  uint8_t planes = 0;            ///< HR_PLANES_*
  uint8_t table_set = 0;         ///< which built-in set of code tables
  uint8_t flags = 0;             ///< kHas...
  uint16_t width = 0, height = 0;  ///< pixels
  uint16_t tile_wide = 0;        ///< MCUs in a tile, at most
  uint16_t tile_high = 0;
  uint32_t directory = 0;        ///< offset of the directory: an end offset (u32) per tile, row by row
  uint32_t recipe = 0;           ///< offset of the recipe, where the last tile ends
  uint32_t bytes = 0;            ///< of the whole
  std::array<uint8_t, 3> quant_of{};  ///< per component: which quantisation table
  uint8_t quant_count = 0;
  uint32_t reserved = 0;
};
static_assert(sizeof(Header) == 32);

inline constexpr uint8_t kByteExact = 1;   ///< the recipe gives the source file again, byte for byte
inline constexpr uint8_t kHasRecipe = 2;   ///< there is one (not with --strip)
inline constexpr uint8_t kKnownFlags = 3;

/// Kinds of quantisation table: a byte, then its parameters.
enum class QuantKind : uint8_t {
  ijg_luma = 0,    ///< u8 quality 1..100: the example table of the JPEG standard, scaled as libjpeg does
  ijg_chroma = 1,
  bytes = 2,       ///< 64 u8, natural order
  words = 3        ///< 64 u16, natural order
};

/// Number of interleaved bit streams in a tile.
inline constexpr int kStreams = 8;
/// A tile has at most this many blocks, so that positions among its values fit in 16 bits.
inline constexpr uint32_t kMaxTileBlocks = 1024;
/// Class of a block: how many groups of 16 coefficients it needs.
inline constexpr int kClasses = 5;
inline constexpr int kGroups = HR_COEFFICIENT_GROUPS;

/// Start of a tile: bytes of each stream. The streams follow, then words that did not fit the codes (u16 each), then
/// a sign bit per value slot.
struct TileHeader {
  std::array<uint16_t, kStreams> stream_bytes{};
};
static_assert(sizeof(TileHeader) == 16);

constexpr uint32_t ceil_div(uint32_t a, uint32_t b) { return (a + b - 1) / b; }

/// An image's blocks and tiles.
struct Grid {
  struct Component {
    uint32_t h = 1, v = 1;                        ///< blocks of an MCU
    uint32_t blocks_wide = 0, blocks_high = 0;    ///< that show pixels
  };

  uint32_t components = 1, h_max = 1, v_max = 1;
  std::array<Component, 3> component{};
  uint32_t mcus_wide = 0, mcus_high = 0;
  uint32_t tile_wide = 1, tile_high = 1;          ///< MCUs
  uint32_t tiles_wide = 0, tiles_high = 0;

  Grid() = default;
  /// `planes`: a word that plane_layout() knows.
  Grid(uint32_t planes, uint32_t width, uint32_t height) {
    PlaneLayout layout;
    plane_layout(planes, layout);
    components = uint32_t(layout.components);
    h_max = uint32_t(layout.h_max);
    v_max = uint32_t(layout.v_max);
    mcus_wide = ceil_div(width, 8 * h_max);
    mcus_high = ceil_div(height, 8 * v_max);
    for (uint32_t c = 0; c < components; ++c) {
      Component& k = component[c];
      k.h = c == 0 ? h_max : 1;
      k.v = c == 0 ? v_max : 1;
      k.blocks_wide = ceil_div(ceil_div(width * k.h, h_max), 8);
      k.blocks_high = ceil_div(ceil_div(height * k.v, v_max), 8);
    }
  }

  void set_tiles(uint32_t wide, uint32_t high) {
    tile_wide = wide;
    tile_high = high;
    tiles_wide = ceil_div(mcus_wide, wide);
    tiles_high = ceil_div(mcus_high, high);
  }

  uint32_t mcu_blocks() const { return components == 1 ? 1 : component[0].h * component[0].v + 2; }

  /// Tiles of whole rows where they fit, as high as they can be; always whole units (two MCU rows).
  void choose_tiles() {
    constexpr uint32_t kUnitRows = 2;
    const uint32_t most = kMaxTileBlocks / mcu_blocks();
    const uint32_t wide = mcus_wide < most / kUnitRows ? mcus_wide : most / kUnitRows;
    const uint32_t split = ceil_div(mcus_wide, wide);
    const uint32_t even = ceil_div(mcus_wide, split);
    const uint32_t high = most / even / kUnitRows * kUnitRows;
    const uint32_t rows = ceil_div(mcus_high, high);
    set_tiles(even, ceil_div(ceil_div(mcus_high, rows), kUnitRows) * kUnitRows);
  }

  bool tiles_valid() const {
    return tile_wide > 0 && tile_high > 0 && tile_high % 2 == 0 && uint64_t{tile_wide} * tile_high * mcu_blocks() <= kMaxTileBlocks;
  }
};

/// Blocks of one component in a tile.
struct TilePart {
  uint32_t column = 0, row = 0;  ///< first block in the component
  uint32_t wide = 0, high = 0;
};

inline std::array<TilePart, 3> tile_parts(const Grid& g, uint32_t tile_column, uint32_t tile_row) {
  std::array<TilePart, 3> parts{};
  for (uint32_t c = 0; c < g.components; ++c) {
    const Grid::Component& k = g.component[c];
    TilePart& p = parts[c];
    p.column = tile_column * g.tile_wide * k.h;
    p.row = tile_row * g.tile_high * k.v;
    const uint32_t wide = g.tile_wide * k.h, high = g.tile_high * k.v;
    p.wide = p.column >= k.blocks_wide ? 0 : wide < k.blocks_wide - p.column ? wide : k.blocks_wide - p.column;
    p.high = p.row >= k.blocks_high ? 0 : high < k.blocks_high - p.row ? high : k.blocks_high - p.row;
  }
  return parts;
}

}  // namespace headrace::packed
