// Tile decoding for one instruction set, which the build file selects. Baseline: any CPU.
#include "kernels/packed/tile_decode_body.h"

namespace headrace::packed {

const char* decode_tile_baseline(const TileInput& in, const TileOutput& out, TileScratch& scratch) {
  return decode_tile_body(in, out, scratch);
}

}  // namespace headrace::packed
