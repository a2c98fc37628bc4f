// A packed image's fixed parts, checked.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "kernels/packed/layout.h"
#include "kernels/packed/quant_tables.h"

namespace headrace::packed {

struct View {
  std::span<const uint8_t> bytes;
  Header header;
  Grid grid;
  std::array<QuantTable, 3> quant{};  ///< per component, natural order

  uint32_t tile_count() const { return grid.tiles_wide * grid.tiles_high; }
  uint32_t tile_end(uint32_t tile) const;
  uint32_t tile_begin(uint32_t tile) const { return tile > 0 ? tile_end(tile - 1) : header.directory + 4 * tile_count(); }
  std::span<const uint8_t> recipe() const { return bytes.subspan(header.recipe, header.bytes - header.recipe); }
};

/// What is wrong; null if nothing. The directory is checked too; tiles are checked when they are decoded.
const char* open_view(std::span<const uint8_t> bytes, View& view);

}  // namespace headrace::packed
