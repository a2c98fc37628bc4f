#include "compiler/lower/batch.h"
#include "compiler/lower/expr.h"
#include "compiler/lower/stages.h"

namespace headrace::lowering {

using graph::Elem;
using loop::Builder;
using loop::Function;
using loop::kF32;
using loop::kI64;
using loop::kPtr;
using loop::Op;
using loop::Scalar;
using loop::V;
using loop::vec;

namespace {

Scalar stored(Elem e) {
  switch (e) {
    case Elem::u8:
      return Scalar::i8;
    case Elem::f16:
      return Scalar::f16;
    case Elem::f32:
      return Scalar::f32;
    default:
      return Scalar::i16;
  }
}

V as_f32(Elem elem, V v) {
  Builder& b = *v.b;
  const int n = v.type.lanes;
  const loop::Type f32 = vec(Scalar::f32, n), i32 = vec(Scalar::i32, n);
  switch (elem) {
    case Elem::f32:
      return v;
    case Elem::f16:
      return b.convert(Op::fpext, v, f32);
    case Elem::u8:
      return b.convert(Op::sitofp, b.convert(Op::zext, v, i32), f32);
    default:
      return b.convert(Op::bitcast, b.convert(Op::zext, v, i32) << 16, f32);
  }
}

// Values of u8 become the lower bits of 2^23 + v, which the addition rounds to nearest even: a blend of them
// lies in 0..255, since its weights add up to 1 within a rounding. For bf16, the general conversion's care
// for NaNs is left out: the one NaN has no lower bits that could carry into the upper ones.
V from_f32(Elem elem, V v) {
  Builder& b = *v.b;
  const int n = v.type.lanes;
  const loop::Type i32 = vec(Scalar::i32, n);
  switch (elem) {
    case Elem::f32:
      return v;
    case Elem::f16:
      return b.convert(Op::fptrunc, v, vec(Scalar::f16, n));
    case Elem::u8:
      return b.convert(Op::trunc, b.convert(Op::bitcast, v + b.real(v.type, 0x1p23), i32),
                       vec(Scalar::i8, n));
    default: {
      const V bits = b.convert(Op::bitcast, v, i32);
      const V odd = loop::lshr(bits, 16) & b.constant(i32, 1);
      return b.convert(Op::trunc, loop::lshr(bits + 0x7FFF + odd, 16), vec(Scalar::i16, n));
    }
  }
}

V round_down(V v, int64_t to) { return v & v.b->i64(-to); }

}  // namespace

std::string blend_stage_name(Elem elem) { return "blend_" + std::string(graph::elem_name(elem)); }

Function build_blend_stage(Elem elem, const Schedule& s) {
  Builder b(blend_stage_name(elem));
  const V row_a = b.param(kPtr), row_b = b.param(kPtr), count = b.param(kI64), share = b.param(kF32),
          rest = b.param(kF32);
  const int lanes = s.lanes16();
  auto blocks = [&](V begin, V end, int n) {
    auto all = [&](V v) { return n == 1 ? v : b.splat(v, n); };
    const V shares = all(share), rests = all(rest);
    b.for_(begin, end, b.i64(n), [&](V i) {
      const V at = i * elem_bytes(elem);
      const V x = as_f32(elem, b.load(vec(stored(elem), n), row_a, at)),
              y = as_f32(elem, b.load(vec(stored(elem), n), row_b, at));
      auto blend = [&](V v, V other) {
        const V sum = b.fma(shares, v, rests * other);
        return from_f32(elem, elem == Elem::u8 ? sum : one_nan(sum));
      };
      const V first = blend(x, y), second = blend(y, x);
      b.store(first, row_a, at);
      b.store(second, row_b, at);
    });
  };
  const V whole = round_down(count, lanes);
  blocks(b.i64(0), whole, lanes);
  blocks(whole, count, 1);
  return b.finish();
}

Function build_exchange_stage(const Schedule& s) {
  Builder b(kExchangeStage);
  const V from_a = b.param(kPtr), from_b = b.param(kPtr), rows = b.param(kI64), row_bytes = b.param(kI64),
          stride = b.param(kI64);
  b.for_(b.i64(0), rows, b.i64(1), [&](V row) {
    const V row_a = from_a + row * stride, row_b = from_b + row * stride;
    auto pieces = [&](V begin, V end, loop::Type t) {
      b.for_(begin, end, b.i64(t.lanes * loop::scalar_bytes(t.scalar)), [&](V at) {
        const V x = b.load(t, row_a, at), y = b.load(t, row_b, at);
        b.store(y, row_a, at);
        b.store(x, row_b, at);
      });
      return end;
    };
    const V vectors =
        pieces(b.i64(0), round_down(row_bytes, s.vector_bits / 8), vec(Scalar::i8, s.vector_bits / 8));
    const V words = pieces(vectors, round_down(row_bytes, 8), kI64);
    pieces(words, row_bytes, vec(Scalar::i8, 1));
  });
  return b.finish();
}

}  // namespace headrace::lowering
