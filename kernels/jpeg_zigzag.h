// Zigzag order of a block's 64 coefficients, and which of them are not zero.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace headrace::jpeg {

/// Natural position 8 v + u of each zigzag position.
inline constexpr std::array<uint8_t, 64> kZigzagToNatural = [] {
  std::array<uint8_t, 64> order{};
  int u = 0, v = 0;
  for (uint8_t& position : order) {
    position = static_cast<uint8_t>(8 * v + u);
    const bool up = (u + v) % 2 == 0;
    if (up ? u == 7 : v == 7) {
      ++(up ? v : u);
    } else if (up ? v == 0 : u == 0) {
      ++(up ? u : v);
    } else {
      u += up ? 1 : -1;
      v += up ? -1 : 1;
    }
  }
  return order;
}();

/// kZigzagMask[v][bits]: the zigzag positions, as a mask, of the coefficients in row v whose bit u is set.
inline constexpr auto kZigzagMask = [] {
  std::array<std::array<uint64_t, 256>, 8> masks{};
  for (int k = 0; k < 64; ++k) {
    const int v = kZigzagToNatural[k] / 8, u = kZigzagToNatural[k] % 8;
    for (int bits = 0; bits < 256; ++bits) {
      if (bits >> u & 1) masks[v][bits] |= uint64_t{1} << k;
    }
  }
  return masks;
}();

/// Bit 8 v + u: the coefficient is not zero.
inline uint64_t nonzero_natural(const int16_t* block) {
  uint64_t mask = 0;
#if defined(__SSE2__)
  for (size_t i = 0; i < 4; ++i) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * i));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * i + 8));
    const __m128i zero = _mm_cmpeq_epi8(_mm_packs_epi16(low, high), _mm_setzero_si128());
    mask |= uint64_t{static_cast<uint16_t>(~_mm_movemask_epi8(zero))} << (16 * i);
  }
#else
  for (int i = 0; i < 64; ++i) mask |= uint64_t{block[i] != 0} << i;
#endif
  return mask;
}

/// Bit k: the coefficient at zigzag position k is not zero.
inline uint64_t nonzero_zigzag(const int16_t* block) {
  const uint64_t natural = nonzero_natural(block);
  uint64_t mask = 0;
  for (int v = 0; v < 8; ++v) mask |= kZigzagMask[v][natural >> (8 * v) & 255];
  return mask;
}

}  // namespace headrace::jpeg
