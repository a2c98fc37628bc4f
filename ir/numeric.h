// Bit-exact scalar arithmetic of the language: half-precision conversions, exp, log, pow. libm's exp and
// log differ between machines, so the language defines its own as a fixed sequence of IEEE operations;
// compiled code repeats the same sequence. Build with -ffp-contract=off.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace headrace::num {

/// f32 to f16 bits, round to nearest even; overflow to infinity, NaN to a quiet NaN with the payload's
/// upper bits (as VCVTPS2PH).
constexpr uint16_t f32_to_f16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t abs = bits & 0x7FFFFFFFu;
  if (abs > 0x7F800000u) return uint16_t(sign | 0x7E00u | ((abs >> 13) & 0x1FFu));
  if (abs >= 0x477FF000u) return uint16_t(sign | 0x7C00u);  // 65520 and above round to infinity
  if (abs < 0x38800000u) {                                  // below 2^-14: subnormal half or zero
    if (abs < 0x33000000u) return uint16_t(sign);           // below 2^-25
    const uint32_t exponent = abs >> 23;                    // 102..112
    const uint32_t mantissa = (abs & 0x7FFFFFu) | 0x800000u;
    const uint32_t shift = 126u - exponent;                 // 14..24
    const uint32_t half = 1u << (shift - 1);
    const uint32_t rest = mantissa & ((1u << shift) - 1);
    uint32_t result = mantissa >> shift;
    if (rest > half || (rest == half && (result & 1))) ++result;
    return uint16_t(sign | result);
  }
  const uint32_t rounded = abs + 0xFFFu + ((abs >> 13) & 1u);
  return uint16_t(sign | ((rounded - 0x38000000u) >> 13));
}

constexpr float f16_to_f32(uint16_t half) {
  const uint32_t sign = uint32_t(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 31u;
  const uint32_t mantissa = half & 0x3FFu;
  if (exponent == 31) {
    const uint32_t quiet = mantissa ? 0x400000u : 0u;
    return std::bit_cast<float>(sign | 0x7F800000u | quiet | (mantissa << 13));
  }
  if (exponent == 0) {
    const float magnitude = float(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
  }
  return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
}

/// f32 to bf16 bits, round to nearest even, in integer arithmetic; NaN becomes quiet.
constexpr uint16_t f32_to_bf16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return uint16_t((bits >> 16) | 0x40u);
  return uint16_t((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

constexpr float bf16_to_f32(uint16_t half) { return std::bit_cast<float>(uint32_t(half) << 16); }

/// The one NaN that images hold. The sign and payload of a NaN that arithmetic makes differ between machines.
inline constexpr uint32_t kNanBits = 0x7FC00000u;

/// Any NaN as that one.
constexpr float one_nan(float value) { return value != value ? std::bit_cast<float>(kNanBits) : value; }

/// Clamp to [0, 255] and round half to even; NaN gives 0.
inline uint8_t f32_to_u8(float value) {
  const float low = value > 0.0f ? value : 0.0f;
  const float clamped = low < 255.0f ? low : 255.0f;
  return uint8_t(int32_t(std::nearbyintf(clamped)));
}

// Constants of exp and log, shared with the code generator.
inline constexpr double kLog2E = 0x1.71547652b82fep+0;
inline constexpr double kLn2Hi = 0x1.62e42fee00000p-1;  // 33 bits: n * kLn2Hi is exact for |n| < 2^20
inline constexpr double kLn2Lo = 0x1.a39ef35793c76p-33;
inline constexpr double kExpLimit = 700.0;
inline constexpr int kExpDegree = 13;     // Taylor series on |r| <= ln 2 / 2; the rest is below 2^-57
inline constexpr int kLogTerms = 11;      // odd powers of s up to s^21, |s| <= 0.1716
inline constexpr uint64_t kSqrtHalfBits = 0x3FE6A09E667F3BCDull;  // upper bits of sqrt(1/2)

constexpr double inverse_factorial(int n) {
  double f = 1.0;
  for (int i = 2; i <= n; ++i) f *= double(i);
  return 1.0 / f;
}

/// e^x for x clamped to [-700, 700]: 2^n * p(x - n ln 2), p in Horner form, every step rounded once.
inline double exp(double x) {
  x = x > -kExpLimit ? x : -kExpLimit;
  x = x < kExpLimit ? x : kExpLimit;
  const double n = std::nearbyint(x * kLog2E);
  const double r = (x - n * kLn2Hi) - n * kLn2Lo;
  double p = inverse_factorial(kExpDegree);
  for (int i = kExpDegree - 1; i >= 0; --i) p = p * r + inverse_factorial(i);
  return p * std::bit_cast<double>(uint64_t(int64_t(n) + 1023) << 52);
}

/// Natural logarithm of a positive, finite, normal x: k ln 2 + 2 atanh(s), s = (m-1)/(m+1), where
/// x = 2^k m with m in [sqrt(1/2), sqrt(2)).
inline double log(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  const uint64_t shifted = bits - kSqrtHalfBits;
  const int64_t k = int64_t(shifted) >> 52;
  const double m = std::bit_cast<double>(bits - (uint64_t(k) << 52));
  const double f = m - 1.0;
  const double s = f / (m + 1.0);
  const double z = s * s;
  double p = 1.0 / double(2 * kLogTerms - 1);
  for (int i = kLogTerms - 2; i >= 0; --i) p = p * z + 1.0 / double(2 * i + 1);
  const double kd = double(k);
  return kd * kLn2Hi + (2.0 * s * p + kd * kLn2Lo);
}

/// x^y for positive normal x: exp(y log x), by definition.
inline double pow(double x, double y) { return num::exp(y * num::log(x)); }

}  // namespace headrace::num
