#include "headrace/philox.h"
#include "ir/loop_build.h"
#include "ir/numeric.h"

namespace headrace::loop {

V exp_f64(V x) {
  Builder& b = *x.b;
  const Type t = x.type, bits = vec(Scalar::i64, t.lanes);
  x = max(x, b.real(t, -num::kExpLimit));
  x = min(x, b.real(t, num::kExpLimit));
  const V n = b.unary(Op::rint, x * b.real(t, num::kLog2E));
  const V r = (x - n * b.real(t, num::kLn2Hi)) - n * b.real(t, num::kLn2Lo);
  V p = b.real(t, num::inverse_factorial(num::kExpDegree));
  for (int i = num::kExpDegree - 1; i >= 0; --i) p = p * r + b.real(t, num::inverse_factorial(i));
  const V exponent = b.convert(Op::fptosi, n, bits) + 1023;
  return p * b.convert(Op::bitcast, exponent << 52, t);
}

V log_f64(V x) {
  Builder& b = *x.b;
  const Type t = x.type, bits_type = vec(Scalar::i64, t.lanes);
  const V bits = b.convert(Op::bitcast, x, bits_type);
  const V k = ashr(bits - b.constant(bits_type, int64_t(num::kSqrtHalfBits)), 52);
  const V m = b.convert(Op::bitcast, bits - (k << 52), t);
  const V one = b.real(t, 1.0);
  const V s = (m - one) / (m + one);
  const V z = s * s;
  V p = b.real(t, 1.0 / double(2 * num::kLogTerms - 1));
  for (int i = num::kLogTerms - 2; i >= 0; --i) p = p * z + b.real(t, 1.0 / double(2 * i + 1));
  const V kd = b.convert(Op::sitofp, k, t);
  return kd * b.real(t, num::kLn2Hi) + (b.real(t, 2.0) * s * p + kd * b.real(t, num::kLn2Lo));
}

Values philox_block(Builder& b, Values c, V k0, V k1) {
  const V mul0 = b.i64(philox::kMul0), mul1 = b.i64(philox::kMul1);
  auto low = [&](V v) { return b.convert(Op::trunc, v, kI32); };
  auto wide = [&](V v) { return b.convert(Op::zext, v, kI64); };
  const Values last = b.for_(b.i64(0), b.i64(philox::kRounds), b.i64(1), {c[0], c[1], c[2], c[3], k0, k1}, [&](V, const Values& x) {
    const V p0 = wide(x[0]) * mul0, p1 = wide(x[2]) * mul1;
    return Values{low(lshr(p1, 32)) ^ x[1] ^ x[4], low(p1), low(lshr(p0, 32)) ^ x[3] ^ x[5], low(p0),
                  x[4] + int64_t(int32_t(philox::kWeyl0)), x[5] + int64_t(int32_t(philox::kWeyl1))};
  });
  return {last[0], last[1], last[2], last[3]};
}

V uniform_f64(V hi, V lo) {
  Builder& b = *hi.b;
  const V a = b.convert(Op::uitofp, lshr(hi, 5), kF64);
  const V c = b.convert(Op::uitofp, lshr(lo, 6), kF64);
  return (a * b.f64(67108864.0) + c) * b.f64(0x1p-53);
}

V below(V word, V n) { return lshr(word.b->convert(Op::zext, word, kI64) * n, 32); }

}  // namespace headrace::loop
