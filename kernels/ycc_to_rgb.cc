#include "kernels/ycc_to_rgb.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace headrace {
namespace {

// Pixels at once: rows are cut into whole chunks, the last one filled up. A chunk is stored with some bytes
// more, which what follows overwrites.
constexpr int kChunk = 16;
constexpr int kChunkBytes = 3 * kChunk + 4;
using Chunk = uint8_t[kChunk];

// The products in 16 bits: 91881 = 65536 + 26345, 116130 = 2 * 65536 - 14942, 46802 = 65536 - 18734, and
// (c x + 2^15) >> 16 = ((c 2x >> 16) + 1) >> 1.
constexpr int16_t kRed = 26345, kBlue = -14942, kGreenCb = -22554, kGreenCr = 18734;

#if defined(__SSE2__)

struct Colours {
  __m128i r, g, b;
};

__m128i load(const uint8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }

// Eight pixels in 16 bits, not clamped yet. x and z are Cb and Cr less 128.
Colours convert_half(__m128i y, __m128i x, __m128i z) {
  const __m128i one = _mm_set1_epi16(1);
  // Twice the colour difference, times a constant, in units of 2^16, rounded half up.
  const auto scaled = [&](__m128i twice, int16_t c) {
    return _mm_srai_epi16(_mm_add_epi16(_mm_mulhi_epi16(twice, _mm_set1_epi16(c)), one), 1);
  };
  const __m128i x2 = _mm_add_epi16(x, x), z2 = _mm_add_epi16(z, z);
  const __m128i green =
      _mm_set_epi16(kGreenCr, kGreenCb, kGreenCr, kGreenCb, kGreenCr, kGreenCb, kGreenCr, kGreenCb);
  const auto summed = [&](__m128i pairs) {
    return _mm_srai_epi32(_mm_add_epi32(_mm_madd_epi16(pairs, green), _mm_set1_epi32(32768)), 16);
  };
  const __m128i g = _mm_packs_epi32(summed(_mm_unpacklo_epi16(x, z)), summed(_mm_unpackhi_epi16(x, z)));
  return {_mm_add_epi16(_mm_add_epi16(y, z), scaled(z2, kRed)), _mm_add_epi16(_mm_sub_epi16(y, z), g),
          _mm_add_epi16(_mm_add_epi16(y, x2), scaled(x2, kBlue))};
}

// Four pixels of 32 bits, the fourth byte 0, to 12 bytes; four more bytes are written.
void store_pixels(__m128i pixels, uint8_t* dst) {
  const __m128i first = _mm_set_epi32(0, 0x00FFFFFF, 0, 0x00FFFFFF);
  const __m128i second = _mm_set_epi32(0x0000FFFF, int(0xFF000000), 0x0000FFFF, int(0xFF000000));
  // Six bytes in each half, then the upper six next to the lower.
  const __m128i six =
      _mm_or_si128(_mm_and_si128(pixels, first), _mm_and_si128(_mm_srli_epi64(pixels, 8), second));
  const __m128i upper = _mm_srli_si128(_mm_unpackhi_epi64(_mm_setzero_si128(), six), 2);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(dst), _mm_or_si128(_mm_move_epi64(six), upper));
}

void store_chunk(__m128i r, __m128i g, __m128i b, uint8_t* dst) {
  const __m128i zero = _mm_setzero_si128();
  const __m128i rg[2] = {_mm_unpacklo_epi8(r, g), _mm_unpackhi_epi8(r, g)};
  const __m128i b0[2] = {_mm_unpacklo_epi8(b, zero), _mm_unpackhi_epi8(b, zero)};
  for (int half = 0; half < 2; ++half) {
    store_pixels(_mm_unpacklo_epi16(rg[half], b0[half]), dst + 24 * half);
    store_pixels(_mm_unpackhi_epi16(rg[half], b0[half]), dst + 24 * half + 12);
  }
}

void ycc_chunk(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, uint8_t* dst) {
  const __m128i zero = _mm_setzero_si128(), middle = _mm_set1_epi16(128);
  const __m128i y8 = load(y), cb8 = load(cb), cr8 = load(cr);
  const Colours low =
      convert_half(_mm_unpacklo_epi8(y8, zero), _mm_sub_epi16(_mm_unpacklo_epi8(cb8, zero), middle),
                   _mm_sub_epi16(_mm_unpacklo_epi8(cr8, zero), middle));
  const Colours high =
      convert_half(_mm_unpackhi_epi8(y8, zero), _mm_sub_epi16(_mm_unpackhi_epi8(cb8, zero), middle),
                   _mm_sub_epi16(_mm_unpackhi_epi8(cr8, zero), middle));
  store_chunk(_mm_packus_epi16(low.r, high.r), _mm_packus_epi16(low.g, high.g),
              _mm_packus_epi16(low.b, high.b), dst);
}

void rgb_chunk(const uint8_t* r, const uint8_t* g, const uint8_t* b, uint8_t* dst) {
  store_chunk(load(r), load(g), load(b), dst);
}

#else

uint8_t clamped(int v) { return uint8_t(std::clamp(v, 0, 255)); }

int high_product(int a, int b) { return (a * b) >> 16; }

void ycc_chunk(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, uint8_t* dst) {
  for (int i = 0; i < kChunk; ++i) {
    const int x = cb[i] - 128, z = cr[i] - 128;
    dst[3 * i] = clamped(y[i] + z + ((high_product(2 * z, kRed) + 1) >> 1));
    dst[3 * i + 1] = clamped(y[i] - z + ((x * kGreenCb + z * kGreenCr + 32768) >> 16));
    dst[3 * i + 2] = clamped(y[i] + 2 * x + ((high_product(2 * x, kBlue) + 1) >> 1));
  }
}

void rgb_chunk(const uint8_t* r, const uint8_t* g, const uint8_t* b, uint8_t* dst) {
  for (int i = 0; i < kChunk; ++i) {
    dst[3 * i] = r[i];
    dst[3 * i + 1] = g[i];
    dst[3 * i + 2] = b[i];
  }
}

#endif

template <void (*kChunkTo)(const uint8_t*, const uint8_t*, const uint8_t*, uint8_t*)>
void chunks(const uint8_t* a, const uint8_t* b, const uint8_t* c, int64_t count, uint8_t* dst) {
  int64_t done = 0;
  // What a chunk writes beyond its pixels must still lie in the row.
  for (; 3 * done + kChunkBytes <= 3 * count; done += kChunk)
    kChunkTo(a + done, b + done, c + done, dst + 3 * done);
  for (; done < count; done += kChunk) {
    Chunk last[3] = {};
    const auto left = size_t(std::min<int64_t>(kChunk, count - done));
    std::memcpy(last[0], a + done, left);
    std::memcpy(last[1], b + done, left);
    std::memcpy(last[2], c + done, left);
    uint8_t pixels[kChunkBytes];
    kChunkTo(last[0], last[1], last[2], pixels);
    std::memcpy(dst + 3 * done, pixels, 3 * left);
  }
}

}  // namespace

void ycc_to_rgb(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int64_t count, uint8_t* dst) {
  chunks<ycc_chunk>(y, cb, cr, count, dst);
}

void interleave_rgb(const uint8_t* r, const uint8_t* g, const uint8_t* b, int64_t count, uint8_t* dst) {
  chunks<rgb_chunk>(r, g, b, count, dst);
}

}  // namespace headrace
