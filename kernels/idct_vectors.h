// What the inverse DCTs are written in: vectors of 128 bits, in which sums pass through values beyond 31
// bits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace headrace::idct {

// Lanes are unsigned, so that sums wrap; the steps that look at signs convert.
using Half = uint16_t __attribute__((vector_size(16)));
using Word = uint32_t __attribute__((vector_size(16)));
using SignedWord = int32_t __attribute__((vector_size(16)));

// a[2i] b[2i] + a[2i+1] b[2i+1]
inline Word dot2(Half a, Half b) {
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

inline Half saturate(SignedWord low, SignedWord high) {
#if defined(__SSE2__)
  return reinterpret_cast<Half>(
      _mm_packs_epi32(reinterpret_cast<__m128i>(low), reinterpret_cast<__m128i>(high)));
#else
  Half packed = {};
  for (int i = 0; i < 8; ++i) packed[i] = uint16_t(std::clamp(i < 4 ? low[i] : high[i - 4], -32768, 32767));
  return packed;
#endif
}

inline Half interleave_low(Half a, Half b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
inline Half interleave_high(Half a, Half b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

inline Half pair(int a, int b) {
  const auto x = uint16_t(a), y = uint16_t(b);
  return Half{x, y, x, y, x, y, x, y};
}

// Each step interleaves row i with row i + 4; after three of them element (r, c) is at (c, r).
inline void transpose(Half (&v)[8]) {
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

}  // namespace headrace::idct
