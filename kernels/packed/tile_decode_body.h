// The body of tile decoding. Each tile_decode_*.cc compiles it for one instruction set, so nothing here may have
// external linkage, and no inline function of another header that could be shared with other files may be used.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "kernels/packed/bit_streams.h"
#include "kernels/packed/tile_decode.h"

namespace headrace::packed {
namespace {

inline uint16_t load16(const uint8_t* p) {
  uint16_t v;
  std::memcpy(&v, p, 2);
  return v;
}

/// Blocks of each class, in the order of the tile, as positions.
struct Sorted {
  uint32_t first[kClasses + 1];
  uint32_t luma[kClasses];  ///< how many of a class are of component 0
};

inline void sort_by_class(const uint8_t* classes, const TileInput& in, uint16_t* sorted, Sorted& s) {
  uint32_t n = 0;
  for (int cls = 0; cls < kClasses; ++cls) {
    s.first[cls] = n;
    // Component 0 first, then the others, so that the number of luma blocks falls out.
    for (int part = 0; part < 2; ++part) {
      const uint32_t begin = part == 0 ? 0 : in.luma, end = part == 0 ? in.luma : in.blocks;
#if defined(__AVX512VBMI2__)
      const __m512i wanted = _mm512_set1_epi8(char(cls));
      for (uint32_t b = begin; b < end; b += 64) {
        const uint64_t valid = end - b < 64 ? (uint64_t{1} << (end - b)) - 1 : ~uint64_t{0};
        const uint64_t hit = _mm512_mask_cmpeq_epi8_mask(valid, _mm512_loadu_si512(classes + b), wanted);
        const uint32_t low = uint32_t(hit), high = uint32_t(hit >> 32);
        _mm512_storeu_si512(sorted + n, _mm512_maskz_compress_epi16(low, _mm512_loadu_si512(in.positions + b)));
        n += uint32_t(__builtin_popcount(low));
        _mm512_storeu_si512(sorted + n, _mm512_maskz_compress_epi16(high, _mm512_loadu_si512(in.positions + b + 32)));
        n += uint32_t(__builtin_popcount(high));
      }
#elif defined(__AVX2__)
      const __m256i wanted = _mm256_set1_epi8(char(cls));
      for (uint32_t b = begin; b < end; b += 32) {
        const __m256i c = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(classes + b));
        uint32_t hit = uint32_t(_mm256_movemask_epi8(_mm256_cmpeq_epi8(c, wanted)));
        if (end - b < 32) hit &= (uint32_t{1} << (end - b)) - 1;
        for (; hit != 0; hit &= hit - 1) sorted[n++] = in.positions[b + uint32_t(__builtin_ctz(hit))];
      }
#else
      for (uint32_t b = begin; b < end; ++b) {
        sorted[n] = in.positions[b];
        n += classes[b] == cls;
      }
#endif
      if (part == 0) s.luma[cls] = n - s.first[cls];
    }
  }
  s.first[kClasses] = n;
}

/// Three classes of a symbol, a byte each.
inline uint32_t class_bytes(uint32_t symbol) {
  const uint32_t rest = symbol / 5;
  return (symbol - 5 * rest) | (rest - rest / 5 * 5) << 8 | rest / 5 << 16;
}

inline bool read_classes(BitStreams& streams, Codes codes, uint8_t* symbols, uint8_t* classes, uint32_t count) {
  const uint32_t n = (count + 2) / 3;
  if (!read_symbols(streams, codes, symbols, n)) return false;
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t c = class_bytes(symbols[i]);
    std::memcpy(classes + 3 * i, &c, 4);
  }
  return true;
}

/// Masks of a class from its planes of eight bits.
inline void join_planes(const uint8_t (*planes)[kMaxTileBlocks + kOverrun], int tiles, uint32_t count, uint64_t* masks) {
#if defined(__AVX2__)
  const __m128i none = _mm_setzero_si128();
  for (uint32_t i = 0; i < count; i += 16) {
    auto plane = [&](int t) { return t < tiles ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(planes[t] + i)) : none; };
    const __m128i p0 = plane(0), p1 = plane(1), p2 = plane(2), p3 = plane(3);
    const __m128i p4 = plane(4), p5 = plane(5), p6 = plane(6), p7 = plane(7);
    for (int half = 0; half < 2; ++half) {
      auto zip8 = [&](__m128i a, __m128i b) { return half == 0 ? _mm_unpacklo_epi8(a, b) : _mm_unpackhi_epi8(a, b); };
      const __m128i a = zip8(p0, p1), b = zip8(p2, p3), c = zip8(p4, p5), d = zip8(p6, p7);
      const __m128i ab0 = _mm_unpacklo_epi16(a, b), ab1 = _mm_unpackhi_epi16(a, b);
      const __m128i cd0 = _mm_unpacklo_epi16(c, d), cd1 = _mm_unpackhi_epi16(c, d);
      __m128i* out = reinterpret_cast<__m128i*>(masks + i + 8 * half);
      _mm_storeu_si128(out, _mm_unpacklo_epi32(ab0, cd0));
      _mm_storeu_si128(out + 1, _mm_unpackhi_epi32(ab0, cd0));
      _mm_storeu_si128(out + 2, _mm_unpacklo_epi32(ab1, cd1));
      _mm_storeu_si128(out + 3, _mm_unpackhi_epi32(ab1, cd1));
    }
  }
#else
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t mask = 0;
    for (int t = 0; t < tiles; ++t) mask |= uint64_t{planes[t][i]} << (8 * t);
    masks[i] = mask;
  }
#endif
}

/// Set bits of each 16, in each 16.
inline uint64_t count_groups(uint64_t m) {
  m -= m >> 1 & 0x5555555555555555u;
  m = (m & 0x3333333333333333u) + (m >> 2 & 0x3333333333333333u);
  m = (m + (m >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
  return (m + (m >> 8)) & 0x00FF00FF00FF00FFu;
}

/// Number of nibbles that are 15.
inline uint32_t count_large(const uint8_t* pairs, uint32_t slots) {
  const uint32_t bytes = slots / 2;
  uint32_t n = 0, i = 0;
#if defined(__AVX512VBMI2__)
  const __m512i low = _mm512_set1_epi8(0x0F), high = _mm512_set1_epi8(char(0xF0));
  for (; i + 64 <= bytes; i += 64) {
    const __m512i v = _mm512_loadu_si512(pairs + i);
    n += uint32_t(__builtin_popcountll(_mm512_cmpeq_epi8_mask(_mm512_and_si512(v, low), low)));
    n += uint32_t(__builtin_popcountll(_mm512_cmpeq_epi8_mask(_mm512_and_si512(v, high), high)));
  }
#elif defined(__AVX2__)
  const __m256i low = _mm256_set1_epi8(0x0F), high = _mm256_set1_epi8(char(0xF0));
  for (; i + 32 <= bytes; i += 32) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(pairs + i));
    n += uint32_t(__builtin_popcount(uint32_t(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(v, low), low)))));
    n += uint32_t(__builtin_popcount(uint32_t(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(v, high), high)))));
  }
#endif
  for (; i < bytes; ++i) n += ((pairs[i] & 0x0F) == 0x0F) + ((pairs[i] & 0xF0) == 0xF0);
  return n;
}

inline int16_t signed_word(const uint8_t* words, uint32_t& word, bool negative) {
  const int16_t magnitude = int16_t(load16(words + 2 * word++));
  return negative ? int16_t(-magnitude) : magnitude;
}

/// Slots to signed values. `large` holds what exceeds 16, for the slots that are 15, in order; where it is 255 the
/// magnitude is the next of `words`. Returns how many words it took.
inline uint32_t join_values(const uint8_t* pairs, const uint8_t* large, const uint8_t* words, const uint8_t* signs,
                            uint32_t slots, int16_t* values) {
  uint32_t word = 0;
#if defined(__AVX512VBMI2__)
  const __m512i nibble = _mm512_set1_epi8(0x0F), one = _mm512_set1_epi8(1), none = _mm512_setzero_si512();
  for (uint32_t i = 0; i < slots; i += 64) {
    const __m512i p = _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(pairs + i / 2)));
    const __m512i codes = _mm512_and_si512(_mm512_or_si512(p, _mm512_slli_epi16(p, 4)), nibble);
    const uint64_t valid = slots - i < 64 ? (uint64_t{1} << (slots - i)) - 1 : ~uint64_t{0};
    const uint64_t escaped = _mm512_mask_cmpeq_epi8_mask(valid, codes, nibble);
    const __m512i more = _mm512_maskz_expand_epi8(escaped, _mm512_loadu_si512(large));
    large += __builtin_popcountll(escaped);
    const __m512i magnitudes = _mm512_add_epi8(codes, one);
    uint64_t negative;
    std::memcpy(&negative, signs + i / 8, 8);
    const __m512i lo = _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(magnitudes)),
                                        _mm512_cvtepu8_epi16(_mm512_castsi512_si256(more)));
    const __m512i hi = _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(magnitudes, 1)),
                                        _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(more, 1)));
    _mm512_storeu_si512(values + i, _mm512_mask_sub_epi16(lo, uint32_t(negative), none, lo));
    _mm512_storeu_si512(values + i + 32, _mm512_mask_sub_epi16(hi, uint32_t(negative >> 32), none, hi));
    for (uint64_t w = _mm512_cmpeq_epi8_mask(more, _mm512_set1_epi8(-1)); w != 0; w &= w - 1) {
      const uint32_t k = uint32_t(__builtin_ctzll(w));
      values[i + k] = signed_word(words, word, negative >> k & 1);
    }
  }
#elif defined(__AVX2__)
  const __m256i nibble = _mm256_set1_epi8(0x0F), one = _mm256_set1_epi8(1);
  const __m256i sign_byte = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
  const __m256i sign_bit = _mm256_set1_epi64x(int64_t(0x8040201008040201u));
  for (uint32_t i = 0; i < slots; i += 32) {
    const __m256i p = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(pairs + i / 2)));
    const __m256i codes = _mm256_and_si256(_mm256_or_si256(p, _mm256_slli_epi16(p, 4)), nibble);
    uint32_t escaped = uint32_t(_mm256_movemask_epi8(_mm256_cmpeq_epi8(codes, nibble)));
    if (slots - i < 32) escaped &= (uint32_t{1} << (slots - i)) - 1;
    const __m256i magnitudes = _mm256_add_epi8(codes, one);
    uint32_t bits;
    std::memcpy(&bits, signs + i / 8, 4);
    const __m256i set = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(int(bits)), sign_byte), sign_bit);
    const __m256i negative = _mm256_cmpeq_epi8(set, sign_bit);
    const __m256i v = _mm256_sub_epi8(_mm256_xor_si256(magnitudes, negative), negative);
    __m256i* out = reinterpret_cast<__m256i*>(values + i);
    _mm256_storeu_si256(out, _mm256_cvtepi8_epi16(_mm256_castsi256_si128(v)));
    _mm256_storeu_si256(out + 1, _mm256_cvtepi8_epi16(_mm256_extracti128_si256(v, 1)));
    for (; escaped != 0; escaped &= escaped - 1) {
      const int k = __builtin_ctz(escaped);
      const bool minus = bits >> k & 1;
      const int16_t magnitude = int16_t(16 + *large);
      values[i + uint32_t(k)] = *large == 255 ? signed_word(words, word, minus) : minus ? int16_t(-magnitude) : magnitude;
      ++large;
    }
  }
#else
  for (uint32_t i = 0; i < slots; ++i) {
    const int code = pairs[i / 2] >> (i % 2 * 4) & 15;
    const bool minus = signs[i / 8] >> (i % 8) & 1;
    if (code == 15 && *large == 255) {
      values[i] = signed_word(words, word, minus);
      ++large;
      continue;
    }
    const int magnitude = code == 15 ? 16 + *large++ : code + 1;
    values[i] = int16_t(minus ? -magnitude : magnitude);
  }
#endif
  return word;
}

/// Set bits of each 16 of every mask, DC's left out; the sum over all masks.
inline uint64_t count_values(uint64_t* __restrict masks, uint64_t* __restrict counts, size_t n) {
  // The bit of DC is never coded; one that is set all the same must not count.
#if defined(__AVX512VBMI2__)
  const __m512i keep = _mm512_set1_epi64(~int64_t{1});
  __m512i sum = _mm512_setzero_si512();
  for (size_t i = 0; i < n; i += 8) {
    const __mmask8 valid = n - i < 8 ? __mmask8((1u << (n - i)) - 1) : __mmask8(0xFF);
    const __m512i m = _mm512_and_si512(_mm512_maskz_loadu_epi64(valid, masks + i), keep);
    const __m512i count = _mm512_popcnt_epi16(m);
    _mm512_storeu_si512(masks + i, m);
    _mm512_storeu_si512(counts + i, count);
    sum = _mm512_add_epi64(sum, count);
  }
  return uint64_t(_mm512_reduce_add_epi64(sum));
#else
  uint64_t total = 0;
  for (size_t i = 0; i < n; ++i) {
    masks[i] &= ~uint64_t{1};
    counts[i] = count_groups(masks[i]);
    total += counts[i];
  }
  return total;
#endif
}

inline uint32_t count_bytes(const uint8_t* bytes, size_t n, uint8_t wanted) {
  uint32_t count = 0;
  for (size_t i = 0; i < n; ++i) count += bytes[i] == wanted;
  return count;
}

/// Calls body(i) for the bytes in [first, end) that are `wanted`.
template <class Body>
inline void for_each_byte(const uint8_t* bytes, uint32_t first, uint32_t end, uint8_t wanted, Body&& body) {
#if defined(__AVX2__)
  const __m256i all = _mm256_set1_epi8(char(wanted));
  for (uint32_t at = first; at < end; at += 32) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + at));
    uint32_t hit = uint32_t(_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, all)));
    if (end - at < 32) hit &= (uint32_t{1} << (end - at)) - 1;
    for (; hit != 0; hit &= hit - 1) body(at + uint32_t(__builtin_ctz(hit)));
  }
#else
  for (uint32_t i = first; i < end; ++i) {
    if (bytes[i] == wanted) body(i);
  }
#endif
}

inline int16_t unzigzag(uint32_t z) { return int16_t(z >> 1 ^ (0u - (z & 1))); }

/// Puts the blocks of a class where they belong. `starts`: where the values of each group begin, four u16.
inline void scatter(const TileScratch& t, uint32_t first, uint32_t end, uint64_t starts, const TileOutput& out) {
  for (uint32_t i = first; i < end; ++i) {
    const size_t at = t.sorted[i];
    out.masks[at] = t.masks[i];
    out.dc[at] = t.differences[i];
    uint32_t* offsets = out.offsets + 4 * at;
#if defined(__AVX2__)
    const __m128i wide = _mm_cvtepu16_epi32(_mm_cvtsi64_si128(int64_t(starts)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(offsets), _mm_add_epi32(wide, _mm_set1_epi32(int(out.first))));
#else
    for (int group = 0; group < kGroups; ++group) offsets[group] = out.first + (uint32_t(starts >> (16 * group)) & 0xFFFF);
#endif
    starts += t.counts[i];
  }
}

inline const char* decode_tile_body(const TileInput& in, const TileOutput& out, TileScratch& t) {
  if (in.bytes < sizeof(TileHeader)) return "a tile is shorter than its header";
  BitStreams streams;
  streams.lowest = in.lowest;
  size_t at = sizeof(TileHeader);
  for (int s = 0; s < kStreams; ++s) {
    streams.begin[s] = in.data + at;
    at += load16(in.data + 2 * s);
    streams.at[s] = in.data + at - 8;
    if (at > in.bytes) return "a tile's streams are longer than the tile";
    std::memcpy(&streams.window[s], streams.at[s], 8);
    streams.window[s] |= 1;
  }
  const uint8_t* const words = in.data + at;
  const size_t words_room = in.bytes - at;
  const auto table = [&](int context) { return Codes{in.tables->decode[context].data(), 64 - in.tables->bits}; };
  const char* const exhausted = "a tile's streams end too soon";

  if (!read_classes(streams, table(kClassLuma), t.dc, t.classes, in.luma)) return exhausted;
  if (!read_classes(streams, table(kClassChroma), t.dc, t.classes + in.luma, in.blocks - in.luma)) return exhausted;
  Sorted sorted;
  sort_by_class(t.classes, in, t.sorted, sorted);
  for (uint32_t i = 0; i < sorted.first[1]; ++i) {
    t.masks[i] = 0;
    t.counts[i] = 0;
  }
  uint64_t totals[kClasses] = {};
  for (int cls = 1; cls < kClasses; ++cls) {
    const uint32_t first = sorted.first[cls], n = sorted.first[cls + 1] - first;
    if (n == 0) continue;
    for (int tile = 0; tile < 2 * cls; ++tile) {
      if (!read_symbols(streams, table(mask_context(cls, tile)), t.planes[tile], n)) return exhausted;
    }
    join_planes(t.planes, 2 * cls, n, t.masks + first);
    totals[cls] = count_values(t.masks + first, t.counts + first, n);
  }

  uint32_t slots = 0;
  uint64_t starts[kClasses] = {};
  for (int cls = 1; cls < kClasses; ++cls) {
    for (int group = 0; group < cls; ++group) {
      const uint32_t n = uint32_t(totals[cls] >> (16 * group)) & 0xFFFF;
      starts[cls] |= uint64_t{slots} << (16 * group);
      const uint32_t pairs = (n + 1) / 2;
      if (!read_symbols(streams, table(pair_context(cls, group)), t.pairs + slots / 2, pairs)) return exhausted;
      slots += 2 * pairs;
    }
  }
  const uint32_t large = count_large(t.pairs, slots);
  if (!read_symbols(streams, table(kLarge), t.large, large)) return exhausted;
  for (int part = 0; part < 2; ++part) {
    for (int cls = 0; cls < kClasses; ++cls) {
      const uint32_t first = sorted.first[cls] + (part == 0 ? 0 : sorted.luma[cls]);
      const uint32_t end = part == 0 ? sorted.first[cls] + sorted.luma[cls] : sorted.first[cls + 1];
      if (first == end) continue;
      if (!read_symbols(streams, table((part == 0 ? kDcLuma : kDcChroma) + cls), t.dc + first, end - first)) return exhausted;
    }
  }
  if (!at_end(streams)) return "a tile's streams do not end where they should";

  const size_t sign_bytes = (size_t{slots} + 7) / 8;
  if (words_room < sign_bytes || (words_room - sign_bytes) % 2 != 0) return "a tile has too few or too many bytes";
  const size_t word_count = (words_room - sign_bytes) / 2;
  const uint32_t value_words = count_bytes(t.large, large, 255), dc_words = count_bytes(t.dc, in.blocks, 255);
  if (value_words + dc_words != word_count) return "a tile does not have the words its values need";
  uint32_t word = join_values(t.pairs, t.large, words, words + 2 * word_count, slots, out.values + out.first);

  for (uint32_t i = 0; i < in.blocks; ++i) t.differences[i] = unzigzag(t.dc[i]);
  // In the order they were coded: component 0 by class, then the others.
  for (int part = 0; part < 2 && dc_words > 0; ++part) {
    for (int cls = 0; cls < kClasses; ++cls) {
      const uint32_t first = sorted.first[cls] + (part == 0 ? 0 : sorted.luma[cls]);
      const uint32_t end = part == 0 ? sorted.first[cls] + sorted.luma[cls] : sorted.first[cls + 1];
      for_each_byte(t.dc, first, end, 255, [&](uint32_t i) { t.differences[i] = unzigzag(load16(words + 2 * word++)); });
    }
  }
  for (int cls = 0; cls < kClasses; ++cls) scatter(t, sorted.first[cls], sorted.first[cls + 1], starts[cls], out);
  return nullptr;
}

}  // namespace
}  // namespace headrace::packed
