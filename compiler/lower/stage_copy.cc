#include "compiler/lower/stages.h"

namespace headrace::lowering {

using loop::Builder;
using loop::Function;
using loop::kI64;
using loop::kPtr;
using loop::Op;
using loop::Scalar;
using loop::V;
using loop::vec;

namespace {

// Channel c of `lanes` interleaved RGB pixels in three vectors, in reverse order if mirrored.
V deinterleave(Builder& b, const std::vector<V>& v, int channel, bool mirrored) {
  const int n = v[0].type.lanes;
  std::vector<int32_t> ab(size_t(n), 0), abc(size_t(n), 0);
  for (int i = 0; i < n; ++i) {
    const int at = 3 * (mirrored ? n - 1 - i : i) + channel;
    ab[size_t(i)] = at < 2 * n ? at : 0;
    abc[size_t(i)] = at < 2 * n ? i : n + (at - 2 * n);
  }
  return b.shuffle(b.shuffle(v[0], v[1], std::move(ab)), v[2], std::move(abc));
}

}  // namespace

Function build_copy_stage(const std::string& name, graph::Elem source, const Pointwise& ops, const Store& store,
                          const Schedule& s) {
  Builder b(name);
  const V src = b.param(kPtr), dst = b.param(kPtr);
  const V stride = b.param(kI64), rows = b.param(kI64), row = b.param(kI64), height = b.param(kI64);
  const V mirror_h = b.param(kI64), mirror_v = b.param(kI64), width = b.param(kI64), dst_stride = b.param(kI64);
  const int lanes = block_lanes(store, s.block_pixels());
  const graph::Elem elem = ops.empty() ? source : ops.back()->type.elem;
  const V dst_plane = b.i64(store.height == graph::kDynamic ? 0 : store.height * store.width * elem_bytes(elem));
  const V up = mirror_v == b.i64(1);

  auto block = [&](V from, V to, V x, int pixels, bool mirrored) {
    const bool floats = source == graph::Elem::f32;
    const int64_t unit = elem_bytes(source);
    const V at = (mirrored ? width - pixels - x : x) * (3 * unit);
    std::vector<V> v;
    for (int k = 0; k < 3; ++k) {
      v.push_back(b.load(vec(floats ? Scalar::f32 : Scalar::i8, pixels), from, at, k * pixels * unit));
    }
    std::vector<PointwiseValue> channels;
    for (int c = 0; c < 3; ++c) {
      const V values = pixels == 1 ? v[size_t(c)] : deinterleave(b, v, c, mirrored);
      channels.push_back({floats ? values : b.convert(Op::zext, values, vec(Scalar::i16, pixels)), source});
    }
    apply_pointwise(ops, channels);
    store_block(channels, store, to, x, dst_plane);
  };
  auto row_body = [&](V from, V to, bool mirrored) {
    if (store.width != graph::kDynamic) {
      for_blocks(b, store, width, lanes, [&](V x) { block(from, to, x, lanes, mirrored); });
      return;
    }
    // Source rows have no padding to run into.
    const V whole = width & b.i64(-lanes);
    b.for_(b.i64(0), whole, b.i64(lanes), [&](V x) { block(from, to, x, lanes, mirrored); });
    b.for_(whole, width, b.i64(1), [&](V x) { block(from, to, x, 1, mirrored); });
  };

  auto all_rows = [&](bool mirrored) {
    b.for_(b.i64(0), rows, b.i64(1), [&](V r) {
      const V y = row + r;
      const V target = b.select(up, height - 1 - y, y);
      row_body(src + r * stride, dst + target * dst_stride, mirrored);
    });
  };
  b.switch_(mirror_h, {0}, [&](int32_t c) { all_rows(c != 0); });
  return b.finish();
}

}  // namespace headrace::lowering
