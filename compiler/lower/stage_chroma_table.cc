#include "compiler/lower/planes.h"

namespace headrace::lowering {

using loop::Builder;
using loop::Function;
using loop::kI32;
using loop::kI64;
using loop::kPtr;
using loop::Op;
using loop::Scalar;
using loop::Type;
using loop::V;
using loop::Values;
using loop::vec;

// Sample k of chroma lies under pixels 2 k and 2 k + 1 and is the next nearest of 2 k - 1 and 2 k + 2, so its
// weight is near (w[2k] + w[2k+1]) + next (w[2k-1] + w[2k+2]); at the plane's ends it is its own neighbour.
// An entry's first sample depends on whether its first pixel is odd, even, or pixel 0, and with it which rows
// of the luma table meet: at tap t, pixels 2k + 1 and 2k + 2 are luma taps 2t and 2t + 1 (odd), one less
// (even) or one more (pixel 0).
Function build_chroma_table_stage(const std::string& name, const Schedule& s) {
  Builder b(name);
  const V start = b.param(kPtr), weight = b.param(kPtr);
  const V taps = b.param(kI64), padded = b.param(kI64), offset = b.param(kI64), samples = b.param(kI64);
  const V near = b.param(kI64), next = b.param(kI64), out_start = b.param(kPtr), out_weight = b.param(kPtr);
  const Type i32 = vec(Scalar::i32, s.vector_bits / 32);
  auto lanes = [&](V v) { return b.splat(b.convert(Op::trunc, v, kI32), i32.lanes); };
  const V zero = b.constant(i32, 0), one = b.constant(i32, 1);
  const V edge = lanes(offset), last = lanes(samples - 1), near_lanes = lanes(near), next_lanes = lanes(next);
  const V last_tap = taps - 1, chroma_taps = loop::lshr(taps, 1) + 2;

  b.for_(b.i64(0), padded, b.i64(i32.lanes), [&](V i) {
    const V at = i << 2;
    auto luma = [&](V tap) {
      const V row = b.load(i32, weight, (min(tap, last_tap) * padded << 2) + at);
      return b.select(tap <= last_tap, loop::lshr(row, 16), zero);
    };
    const V pixel = b.load(i32, start, at) + edge;
    const V at_edge = pixel == zero, odd = (pixel & one) == one;
    auto pick = [&](V even, V uneven, V edged) {
      return b.select(at_edge, edged, b.select(odd, uneven, even));
    };
    const V first = max(loop::ashr(pixel + one, 1) - one, zero);
    b.store(first, out_start, at);
    const V w0 = luma(b.i64(0));
    const V outside = b.select(at_edge, w0, zero);  // pixel -1 counts as pixel 0
    // Carried: weights of pixels 2k - 1 and 2k, luma rows 2t - 1 and 2t, the running sum, and what of it is
    // given out.
    b.for_(b.i64(0), chroma_taps, b.i64(1), {outside, outside, zero, w0, zero, zero},
           [&](V t, const Values& c) {
             const V row1 = luma((t << 1) + 1), row2 = luma((t << 1) + 2);
             const V k = first + lanes(t);
             const V right = pick(c[2], c[3], row1), beyond = pick(c[3], row1, row2);
             const V far = b.select(k == last, right, beyond);
             const V sum = near_lanes * (c[1] + right) + next_lanes * (c[0] + far);
             const V running = c[4] + b.select(k <= last, sum, zero);
             const V rounded = loop::lshr(running + 2, 2);
             const V q = rounded - c[5];
             b.store(q | (q << 16), out_weight, (t * padded << 2) + at);
             return Values{right, beyond, row1, row2, running, rounded};
           });
  });
  return b.finish();
}

}  // namespace headrace::lowering
