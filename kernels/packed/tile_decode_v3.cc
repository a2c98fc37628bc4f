// Tile decoding for one instruction set, which the build file selects. x86-64-v3: AVX2 and BMI2.
#include "kernels/packed/tile_decode_body.h"

namespace headrace::packed {

const char* decode_tile_v3(const TileInput& in, const TileOutput& out, TileScratch& scratch) {
  return decode_tile_body(in, out, scratch);
}

}  // namespace headrace::packed
