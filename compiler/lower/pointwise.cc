// Pointwise ops on blocks of pixels held in vectors, and the store into a row.
#include <algorithm>
#include <array>
#include <cmath>

#include "compiler/lower/expr.h"
#include "compiler/lower/stages.h"

namespace headrace::lowering {

using graph::Elem;
using graph::Node;
using loop::Builder;
using loop::Op;
using loop::Scalar;
using loop::Type;
using loop::V;
using loop::vec;

int64_t elem_bytes(Elem e) { return e == Elem::u8 ? 1 : e == Elem::f32 ? 4 : 2; }

namespace {

V to_f32(const PointwiseValue& in) {
  Builder& b = *in.v.b;
  const int n = in.v.type.lanes;
  const Type f32 = vec(Scalar::f32, n), i32 = vec(Scalar::i32, n);
  switch (in.elem) {
    case Elem::f32: return in.v;
    case Elem::f16: return b.convert(Op::fpext, in.v, f32);
    case Elem::bf16: return b.convert(Op::bitcast, b.convert(Op::zext, in.v, i32) << 16, f32);
    default: return b.convert(Op::sitofp, b.convert(Op::sext, in.v, i32), f32);
  }
}

V clamp_u8(V v) {
  Builder& b = *v.b;
  return min(max(v, b.constant(v.type, 0)), b.constant(v.type, 255));
}

PointwiseValue convert_to(const PointwiseValue& in, Elem to) {
  Builder& b = *in.v.b;
  const int n = in.v.type.lanes;
  const Type i16 = vec(Scalar::i16, n), i32 = vec(Scalar::i32, n), f32 = vec(Scalar::f32, n);
  if (in.elem == to) return in;
  if (to == Elem::u8) {
    if (in.elem == Elem::q6) return {clamp_u8(loop::ashr(in.v + 32, 6) + 128), to};
    const V low = max(to_f32(in), b.real(f32, 0.0));
    const V rounded = b.unary(Op::rint, min(low, b.real(f32, 255.0)));
    return {b.convert(Op::trunc, b.convert(Op::fptosi, rounded, i32), i16), to};
  }
  V v = to_f32(in);
  if (in.elem == Elem::q6) v = v * b.real(f32, 0.015625) + b.real(f32, 128.0);
  if (to == Elem::f16) return {b.convert(Op::fptrunc, v, vec(Scalar::f16, n)), to};
  if (to == Elem::bf16) return {b.convert(Op::bf16round, v, i16), to};
  return {v, to};
}

}  // namespace

namespace {

// An op other than map on one channel.
PointwiseValue apply(const Node& n, const PointwiseValue& in, size_t channel) {
  if (n.op != graph::Op::affine) return convert_to(in, n.type.elem);
  Builder& b = *in.v.b;
  const V x = to_f32(in);
  const double scale = n.list_attr("scale")[channel], bias = n.list_attr("bias")[channel];
  const V v = b.fma(x, b.real(x.type, scale), b.real(x.type, bias));
  // With such constants alone a NaN can come of an x that is none; one that x is passes through as it is.
  const bool makes_nan = scale == 0 || !std::isfinite(scale) || !std::isfinite(bias);
  return {makes_nan ? one_nan(v) : v, Elem::f32};
}

void apply_map(const Node& n, std::vector<PointwiseValue>& channels) {
  const Expected<expr::Expr> e = expr::parse(n.text_attr("expr"));  // the verifier has read it before
  std::array<V, kChannels> rgb;
  for (size_t c = 0; c < channels.size(); ++c) rgb[c] = to_f32(channels[c]);
  for (size_t c = 0; c < channels.size(); ++c) {
    const V v = lower_expr(*e, rgb, int(c));
    const bool floats = n.type.elem == Elem::f32;  // a NaN becomes 0 in u8
    channels[c] = convert_to({floats ? one_nan(v) : v, Elem::f32}, n.type.elem);
  }
}

}  // namespace

void apply_pointwise(const Pointwise& ops, std::vector<PointwiseValue>& channels) {
  // Channel by channel, so that few values are alive at a time, as far as no op looks at all of them.
  size_t first = 0;
  for (size_t end = 0; end <= ops.size(); ++end) {
    const bool is_map = end < ops.size() && ops[end]->op == graph::Op::map;
    if (!is_map && end < ops.size()) continue;
    for (size_t c = 0; c < channels.size(); ++c) {
      for (size_t k = first; k < end; ++k) channels[c] = apply(*ops[k], channels[c], c);
    }
    if (is_map) apply_map(*ops[end], channels);
    first = end + 1;
  }
}

namespace {

// [a0 b0 c0 a1 b1 c1 ...] in three vectors of the inputs' length.
std::vector<V> interleave3(V a, V bb, V c) {
  Builder& b = *a.b;
  const int n = a.type.lanes;
  std::vector<V> out;
  for (int part = 0; part < 3; ++part) {
    // First the lanes from a and b, then those from c.
    std::vector<int32_t> ab(size_t(n), 0), abc(size_t(n), 0);
    for (int i = 0; i < n; ++i) {
      const int at = part * n + i, pixel = at / 3, channel = at % 3;
      ab[size_t(i)] = channel == 1 ? n + pixel : pixel;
      abc[size_t(i)] = channel == 2 ? n + pixel : i;
    }
    out.push_back(b.shuffle(b.shuffle(a, bb, std::move(ab)), c, std::move(abc)));
  }
  return out;
}

V storable(const PointwiseValue& v) {
  return v.elem == Elem::u8 ? v.v.b->convert(Op::trunc, v.v, vec(Scalar::i8, v.v.type.lanes)) : v.v;
}

}  // namespace

void store_block(const std::vector<PointwiseValue>& channels, const Store& store, V dst, V x, V plane_bytes) {
  Builder& b = *dst.b;
  const int64_t unit = elem_bytes(channels[0].elem);
  auto put = [&](V v, V row, V offset, int64_t imm) {
    if (store.stream) b.store_stream(v, row, offset, imm);
    else b.store(v, row, offset, imm);
  };
  if (store.layout == Layout::nchw) {
    for (size_t c = 0; c < channels.size(); ++c) put(storable(channels[c]), dst + plane_bytes * int64_t(c), x * unit, 0);
    return;
  }
  if (channels[0].v.type.lanes == 1) {
    for (size_t c = 0; c < channels.size(); ++c) b.store(storable(channels[c]), dst, x * (3 * unit), int64_t(c) * unit);
    return;
  }
  const std::vector<V> v = interleave3(storable(channels[0]), storable(channels[1]), storable(channels[2]));
  for (size_t k = 0; k < v.size(); ++k) put(v[k], dst, x * (3 * unit), int64_t(k) * v[k].type.lanes * unit);
}

bool can_stream(const Store& store, Elem elem, const Schedule& schedule) {
  if (store.width == graph::kDynamic) return false;
  const int64_t align = int64_t(loop::kStreamAlignment), unit = elem_bytes(elem);
  const int64_t plane = store.height * store.width * unit, row = store.width * unit;
  const int lanes = block_lanes(store, schedule.block_pixels());
  return 3 * plane >= kStreamBytes && row % align == 0 && plane % align == 0 && store.width % lanes == 0 && lanes >= 8;
}

int block_lanes(const Store& store, int lanes) {
  if (store.width == graph::kDynamic) return lanes;
  while (lanes > store.width) lanes /= 2;
  return std::max(lanes, 1);
}

void for_blocks(Builder& b, const Store& store, V width, int lanes, const std::function<void(V)>& body) {
  const V zero = b.i64(0), step = b.i64(lanes);
  if (store.width == graph::kDynamic) {
    b.for_(zero, width, step, body);
    return;
  }
  const int64_t whole = store.width / lanes * lanes;
  b.for_(zero, b.i64(whole), step, body);
  if (whole < store.width) body(b.i64(store.width - lanes));
}

}  // namespace headrace::lowering
