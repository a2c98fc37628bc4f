#include "tests/ir/loop_testing.h"

#include "ir/loop_build.h"

namespace headrace::ir_testing {
namespace {

using namespace loop;

// Integer and float arithmetic, comparisons, conversions and lane ops.
Function arithmetic() {
  Builder b("arithmetic");
  const V in = b.param(kPtr), out = b.param(kPtr);
  auto load = [&](Scalar s, int lanes, int64_t at) { return b.load(vec(s, lanes), in, at); };
  const V i16 = load(Scalar::i16, 16, 0), i32 = load(Scalar::i32, 8, 32), i64 = load(Scalar::i64, 1, 64),
          i8 = load(Scalar::i8, 3, 72);
  for (Op op : {Op::add, Op::sub, Op::mul, Op::and_, Op::or_, Op::xor_, Op::smin, Op::smax, Op::mulhrs})
    b.binary(op, i16, i16);
  for (Op op : {Op::shl, Op::lshr, Op::ashr}) b.binary(op, i32, b.constant(i32.type, 3));
  for (Op op : {Op::udiv, Op::urem}) b.binary(op, i64, b.i64(-7));
  const V f32 = load(Scalar::f32, 8, 80), f64 = load(Scalar::f64, 1, 112);
  for (const V& f : {f32, f64}) {
    for (Op op : {Op::fadd, Op::fsub, Op::fmul, Op::fdiv, Op::fmin, Op::fmax}) b.binary(op, f, f);
    for (Op op : {Op::sqrt, Op::floor, Op::trunc_real, Op::ceil, Op::rint, Op::fabs}) b.unary(op, f);
    b.fma(f, f, f);
  }
  for (Pred p : {Pred::eq, Pred::ne, Pred::lt, Pred::le, Pred::gt, Pred::ge, Pred::ult, Pred::ule}) {
    const V c = b.compare(p, i32, i32);
    if (p <= Pred::ge) b.select(b.compare(p, f32, f32) & c, f32, f32);
  }
  b.select(b.compare(Pred::eq, i64, i64), i16, i16);
  b.convert(Op::trunc, i32, vec(Scalar::i1, 8));
  b.convert(Op::zext, b.convert(Op::trunc, i32, vec(Scalar::i8, 8)), vec(Scalar::i64, 8));
  b.convert(Op::sext, i8, vec(Scalar::i16, 3));
  b.convert(Op::uitofp, b.convert(Op::sitofp, i32, f32.type).type == f32.type ? i32 : i32, f32.type);
  b.convert(Op::fptosi, f32, i32.type);
  const V f16 = b.convert(Op::fptrunc, f32, vec(Scalar::f16, 8));
  b.convert(Op::fpext, f16, f32.type);
  b.convert(Op::bf16round, f32, vec(Scalar::i16, 8));
  b.convert(Op::bitcast, i32, vec(Scalar::i16, 16));
  b.splat(b.real(kF64, -0.1), 4);
  b.dot2(i16, i16);
  b.pack_sat(i32, i32);
  b.expand_load(b.constant(vec(Scalar::i16, 1), -2), in, i64, -6);
  b.expand_load(b.i32(5), in, i64);
  b.extract(i32, 7);
  b.reduce_smax(i8);
  b.shuffle(i8, i8, {5, 0, 1, 2});
  b.constant(vec(Scalar::i1, 4), 1);
  b.sequence(vec(Scalar::i8, 4), {-128, 0, 127, 3});
  b.real(vec(Scalar::f32, 2), 1e-30);
  b.store(f16, out, 16);
  b.store(i8, out, i64, -8);
  b.store_stream(f32, out, b.i64(64), 32);
  b.fence();
  b.store(b.convert(Op::address, b.ptradd(in, i64), kI64), out);
  b.store(b.load(kPtr, in, i64, 3), out, 8);
  return b.finish();
}

// Control flow in all its forms, nested; calls of a function and of an extern.
Function control() {
  Builder b("control");
  const V p = b.param(kPtr), n = b.param(kI64), flag = b.param(kI32);
  const V zero = b.i64(0), one = b.i64(1);
  const Values sums = b.for_(zero, n, one, {zero, b.f64(1.0)}, [&](V i, const Values& c) {
    const Values inner = b.for_(b.i32(3), flag, b.i32(2), {c[1]}, [&](V k, const Values& d) {
      return Values{d[0] * b.convert(Op::sitofp, k, kF64)};
    });
    return b.if_(
        i < n,
        [&] {
          return Values{c[0] + i, inner[0]};
        },
        [&] {
          return Values{c[0], c[1]};
        });
  });
  b.for_(zero, n, one, [&](V i) {
    b.if_(sums[0] > i, [&] { b.store(i, p, i << 3); });
    b.if_(
        sums[0] > i,
        [&] {
          b.store(i, p);
          return Values{};
        },
        [&] {
          b.store(n, p);
          return Values{};
        });
  });
  b.switch_(n, {0, -5, 2147483647}, [&](int32_t c) { b.store(b.i64(c), p); });
  b.switch_(flag, {}, [&](int32_t) { b.call_checked("arithmetic", {p, p}); });
  b.check(b.call("external", {p, n}));
  return b.finish();
}

}  // namespace

loop::Module every_op() {
  Module m;
  m.functions.push_back(arithmetic());
  m.functions.push_back(control());
  return m;
}

const std::vector<loop::Extern>& loop_externs() {
  static const std::vector<loop::Extern> externs = {{"external", 2}, {"nothing", 0}};
  return externs;
}

}  // namespace headrace::ir_testing
