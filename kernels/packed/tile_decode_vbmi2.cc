// Tile decoding for one instruction set, which the build file selects. x86-64-v4 with VBMI2.
#include "kernels/packed/tile_decode_body.h"

namespace headrace::packed {

const char* decode_tile_vbmi2(const TileInput& in, const TileOutput& out, TileScratch& scratch) {
  return decode_tile_body(in, out, scratch);
}

}  // namespace headrace::packed
