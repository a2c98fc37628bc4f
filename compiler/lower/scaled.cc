#include "compiler/lower/scaled.h"

#include "headrace/scaled.h"

namespace headrace::lowering {

using loop::Builder;
using loop::Op;
using loop::V;

V scaled_length(V length, V scale) { return scale.b ? loop::lshr(length * scale + 7, 3) : length; }

ResampleValues scaled_values(ResampleValues r, V scale) {
  Builder& b = *scale.b;
  r.scale = scale;
  for (size_t axis = 0; axis < 2; ++axis) {  // down, across
    const V begin = r.src[axis] * scale, length = r.src[axis + 2] * scale;
    const V first = loop::lshr(begin, 3);
    r.src[axis] = first;
    r.src[axis + 2] = loop::lshr(begin + length + 7, 3) - first;
    r.box[axis] = {begin & b.i64(7), length};
  }
  return r;
}

V log2_of_scale(V scale) { return loop::lshr(scale, 1) - loop::lshr(scale, 3); }

SourcePixels source_pixels(V first, V last, V scale, V length) {
  Builder& b = *scale.b;
  const V whole = scale == b.i64(kWholeScale);
  const V margin = b.select(whole, b.i64(0), b.i64(kScaledMargin));
  const V shift = b.i64(3) - log2_of_scale(scale);  // a scaled pixel is 2^shift pixels across
  const V begin = b.binary(Op::shl, max(first - margin, b.i64(0)), shift);
  const V end = min(b.binary(Op::shl, last + 1 + margin, shift), length);
  return {begin, end - begin};
}

}  // namespace headrace::lowering
