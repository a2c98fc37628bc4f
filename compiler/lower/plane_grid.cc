#include "compiler/lower/plane_grid.h"

#include "compiler/lower/scaled.h"
#include "headrace/abi.h"

namespace headrace::lowering {

using loop::Builder;
using loop::Op;
using loop::V;

PlanesWord planes_word(V planes) {
  Builder& b = *planes.b;
  static_assert(HR_PLANES_422 == 2 && HR_PLANES_420 == 3 && HR_PLANES_440 == 4);
  const V one = b.i64(1);
  return {loop::lshr(planes, 1) & one, loop::lshr(planes + 1, 2) & one, planes == b.i64(HR_PLANES_GRAY)};
}

V PowerOfTwo::times(V v) const { return variable_.b ? v.b->binary(Op::shl, v, variable_) : v << constant_; }
V PowerOfTwo::floor(V v) const {
  return variable_.b ? v.b->binary(Op::lshr, v, variable_) : loop::lshr(v, constant_);
}

PlaneGrid plane_grid(V planes, V scale) {
  constexpr int kStripRows = 4, kBlockSide = 3;  // log2
  PlaneGrid g;
  g.word = planes_word(planes);
  if (!scale.b) {
    g.luma_rows = g.chroma_rows = PowerOfTwo(kStripRows);
    g.luma_side = g.chroma_side = PowerOfTwo(kBlockSide);
    g.two_strips = g.word.down;
    return g;
  }
  Builder& b = *scale.b;
  const V zero = b.i64(0), one = b.i64(1), whole = scale == b.i64(8), down = g.word.down;
  // Chroma that is subsampled both ways has blocks of twice the side instead.
  const V twice = b.select(whole, zero, g.word.across & down);
  const V side = log2_of_scale(scale);
  g.word.across = g.word.across - twice;
  g.word.down = down - twice;
  g.luma_side = PowerOfTwo(side);
  g.chroma_side = PowerOfTwo(side + twice);
  g.luma_rows = PowerOfTwo(side + one + b.select(whole, zero, down));
  g.chroma_rows = PowerOfTwo(side + one + twice);
  g.two_strips = b.select(whole, down, zero);
  g.four_block_rows = down == one;
  g.interpolates = scale > one;
  return g;
}

}  // namespace headrace::lowering
