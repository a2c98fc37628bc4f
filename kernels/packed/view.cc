#include "kernels/packed/view.h"

#include <cstring>

#include "kernels/packed/code_tables.h"

namespace headrace::packed {

uint32_t View::tile_end(uint32_t tile) const {
  uint32_t end;
  std::memcpy(&end, bytes.data() + header.directory + 4 * size_t{tile}, 4);
  return end;
}

const char* open_view(std::span<const uint8_t> bytes, View& view) {
  Header& h = view.header;
  if (bytes.size() < sizeof h) return "it is shorter than its header";
  std::memcpy(&h, bytes.data(), sizeof h);
  if (h.codec != 1) return "it is coded in a way this version does not know";
  if (PlaneLayout layout; !plane_layout(h.planes, layout)) return "its kind of planes is unknown";
  if (h.table_set >= table_set_count()) return "it names code tables this version does not have";
  if ((h.flags & ~kKnownFlags) != 0 || h.reserved != 0) return "it has unknown flags";
  if (h.width == 0 || h.height == 0) return "its size is zero";
  if (h.bytes != bytes.size()) return "its length is not the one it states";
  view.bytes = bytes;
  view.grid = Grid(h.planes, h.width, h.height);
  view.grid.set_tiles(h.tile_wide > 0 ? h.tile_wide : 1, h.tile_high > 0 ? h.tile_high : 1);
  if (h.tile_wide == 0 || !view.grid.tiles_valid()) return "its tiles have an impossible size";
  const uint64_t tiles_at = h.directory + uint64_t{4} * view.grid.tiles_wide * view.grid.tiles_high;
  if (h.directory < sizeof h || tiles_at > h.recipe || h.recipe > h.bytes) return "its parts do not lie in order";
  size_t at = sizeof h;
  std::array<QuantTable, 3> tables{};
  if (h.quant_count == 0 || h.quant_count > 3) return "it has an impossible number of quantisation tables";
  for (size_t i = 0; i < h.quant_count; ++i) {
    if (!read_quant_table(bytes.first(h.directory), at, tables[i])) return "a quantisation table is damaged";
  }
  if (at != h.directory) return "its quantisation tables do not end at its directory";
  for (size_t c = 0; c < 3; ++c) {
    if (h.quant_of[c] >= h.quant_count) return "a component has no quantisation table";
    view.quant[c] = tables[h.quant_of[c]];
  }
  uint64_t before = tiles_at;
  for (uint32_t t = 0; t < view.tile_count(); ++t) {
    const uint32_t end = view.tile_end(t);
    if (end < before || end > h.recipe) return "its tiles do not lie in order";
    before = end;
  }
  if (before != h.recipe) return "its tiles do not end at its recipe";
  return nullptr;
}

}  // namespace headrace::packed
