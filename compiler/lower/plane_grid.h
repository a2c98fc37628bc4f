// How the rows and columns of component planes lie in strips and units of coefficients, for an image that is
// decoded at a scale (headrace/scaled.h) or, where a resample has none, as a whole.
#pragma once

#include "compiler/lower/group_memory.h"
#include "ir/loop_build.h"

namespace headrace::lowering {

/// How an image is made up of planes. `across` and `down` are 1 where chroma has half the samples, else 0;
/// gray is an i1.
struct PlanesWord {
  loop::V across, down, gray;
};
PlanesWord planes_word(loop::V planes);

/// A power of two: rows of a strip, columns of a block.
class PowerOfTwo {
 public:
  PowerOfTwo() = default;
  explicit PowerOfTwo(int log2) : constant_(log2) {}
  explicit PowerOfTwo(loop::V log2) : variable_(log2) {}

  loop::V times(loop::V v) const;
  loop::V floor(loop::V v) const;  ///< v divided by it
  loop::V align(loop::V v) const { return times(floor(v)); }
  loop::V log2(loop::Builder& b) const { return variable_.b ? variable_ : b.i64(constant_); }

 private:
  int constant_ = 0;
  loop::V variable_;
};

/// Strips hold the rows of a component that one call of the IDCT makes. Whole images have strips of 16 rows:
/// chroma has one in a unit, luma one or two. Scaled ones have one strip of each in a unit, of 2 to 16 rows,
/// and may hold chroma that is not subsampled any more.
struct PlaneGrid {
  PlanesWord word;                    ///< of the scaled image
  PowerOfTwo luma_rows, chroma_rows;  ///< of a strip
  PowerOfTwo luma_side, chroma_side;  ///< of a block
  loop::V two_strips;                 ///< 1 if a unit has two strips of luma, else 0
  loop::V four_block_rows;  ///< scaled images: a unit has four rows of blocks of luma, not two; an i1
  loop::V interpolates;     ///< scaled images: chroma may be interpolated; an i1
};
/// `scale` may not be set.
PlaneGrid plane_grid(loop::V planes, loop::V scale);

}  // namespace headrace::lowering
