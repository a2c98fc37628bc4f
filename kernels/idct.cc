#include "kernels/idct.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace headrace {
namespace {

// Vectors of 128 bits. Lanes are unsigned, since sums pass through values beyond 31 bits on the way; the
// steps that look at signs convert.
using Half = uint16_t __attribute__((vector_size(16)));
using Word = uint32_t __attribute__((vector_size(16)));
using SignedWord = int32_t __attribute__((vector_size(16)));

// a[2i] b[2i] + a[2i+1] b[2i+1]
Word dot2(Half a, Half b) {
#if defined(__SSE2__)
  return reinterpret_cast<Word>(_mm_madd_epi16(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
  Word sum = {};
  for (int i = 0; i < 4; ++i) {
    const auto product = [&](int k) { return uint32_t(int32_t(int16_t(a[k])) * int16_t(b[k])); };
    sum[i] = product(2 * i) + product(2 * i + 1);
  }
  return sum;
#endif
}

Half saturate(SignedWord low, SignedWord high) {
#if defined(__SSE2__)
  return reinterpret_cast<Half>(
      _mm_packs_epi32(reinterpret_cast<__m128i>(low), reinterpret_cast<__m128i>(high)));
#else
  Half packed = {};
  for (int i = 0; i < 8; ++i) packed[i] = uint16_t(std::clamp(i < 4 ? low[i] : high[i - 4], -32768, 32767));
  return packed;
#endif
}

// Saturated to -128..127, plus 128.
void store_samples(Half v, uint8_t* out) {
#if defined(__SSE2__)
  const __m128i packed = _mm_packs_epi16(reinterpret_cast<__m128i>(v), reinterpret_cast<__m128i>(v));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_xor_si128(packed, _mm_set1_epi8(char(0x80))));
#else
  for (int i = 0; i < 8; ++i) out[i] = uint8_t(std::clamp<int>(int16_t(v[i]), -128, 127) + 128);
#endif
}

Half interleave_low(Half a, Half b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
Half interleave_high(Half a, Half b) { return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }

Half pair(int a, int b) {
  const auto x = uint16_t(a), y = uint16_t(b);
  return Half{x, y, x, y, x, y, x, y};
}

// The matrix, 13 fraction bits. Outputs k and 7 - k (k = 0 to 3) are the sum and the difference of an even
// part, of inputs 0, 2, 4, 6, and an odd part, of inputs 1, 3, 5, 7.
struct Coefficients {
  int even04[2], even26[2], odd15[2], odd37[2];
};
constexpr Coefficients kMatrix[4] = {{{8192, 8192}, {10703, 4433}, {11363, 6437}, {9633, 2260}},
                                     {{8192, -8192}, {4433, -10704}, {9633, -11362}, {-2259, -6436}},
                                     {{8192, -8192}, {-4433, 10704}, {6437, 2261}, {-11362, 9633}},
                                     {{8192, 8192}, {-10703, -4433}, {2260, 9633}, {-6436, -11363}}};

// Inputs of one half of the lanes, interleaved.
struct Pairs {
  Half in04, in26, in15, in37;
};

struct Outputs {
  SignedWord at[8];
};

template <int kDescale>
[[gnu::always_inline]] inline Outputs transform(const Pairs& p) {
  const auto times = [](Half in, const int(&c)[2]) { return dot2(in, pair(c[0], c[1])); };
  const auto descaled = [](Word v) {
    return reinterpret_cast<SignedWord>(v + (1u << (kDescale - 1))) >> kDescale;
  };
  const Word sum04 = times(p.in04, kMatrix[0].even04), difference04 = times(p.in04, kMatrix[1].even04);
  const Word outer26 = times(p.in26, kMatrix[0].even26), inner26 = times(p.in26, kMatrix[1].even26);
  const Word even[4] = {sum04 + outer26, difference04 + inner26, difference04 - inner26, sum04 - outer26};
  Outputs out;
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) {
    const Word odd = times(p.in15, kMatrix[k].odd15) + times(p.in37, kMatrix[k].odd37);
    out.at[k] = descaled(even[k] + odd);
    out.at[7 - k] = descaled(even[k] - odd);
  }
  return out;
}

// The 1-D transform down each of eight lanes.
template <int kDescale>
[[gnu::always_inline]] inline void pass(Half (&v)[8]) {
  const Outputs low = transform<kDescale>({interleave_low(v[0], v[4]), interleave_low(v[2], v[6]),
                                           interleave_low(v[1], v[5]), interleave_low(v[3], v[7])});
  const Outputs high = transform<kDescale>({interleave_high(v[0], v[4]), interleave_high(v[2], v[6]),
                                            interleave_high(v[1], v[5]), interleave_high(v[3], v[7])});
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) v[i] = saturate(low.at[i], high.at[i]);
}

// Each step interleaves row i with row i + 4; after three of them element (r, c) is at (c, r).
void transpose(Half (&v)[8]) {
#pragma GCC unroll 3
  for (int step = 0; step < 3; ++step) {
    Half next[8];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      next[2 * i] = interleave_low(v[i], v[i + 4]);
      next[2 * i + 1] = interleave_high(v[i], v[i + 4]);
    }
    std::memcpy(v, next, sizeof v);
  }
}

}  // namespace

void idct_islow(const int16_t* coefficients, uint8_t* out, ptrdiff_t stride) {
  Half v[8];
  std::memcpy(v, coefficients, sizeof v);
  pass<11>(v);
  transpose(v);
  pass<18>(v);
  transpose(v);
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) store_samples(v[i], out + i * stride);
}

uint8_t idct_flat(int16_t dc) {
  const int column = std::clamp(4 * dc, -32768, 32767);
  return uint8_t(std::clamp((column + 16) >> 5, -128, 127) + 128);
}

}  // namespace headrace
