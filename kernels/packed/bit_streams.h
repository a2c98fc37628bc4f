// Eight bit streams read side by side: symbol i of a segment comes from stream i modulo 8. Included only by
// tile_decode_body.h, which is compiled per instruction set: everything here has internal linkage.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/packed/code_tables.h"
#include "kernels/packed/layout.h"

namespace headrace::packed {
namespace {

/// A stream is a bit string, first bit highest, whose bytes are stored last byte first, so that a plain little-endian
/// load has the next bits on top. A window is 64 bits of it; its lowest set bit marks how far it is used up.
struct BitStreams {
  uint64_t window[kStreams];
  const uint8_t* at[kStreams];     ///< lowest byte of the window
  const uint8_t* begin[kStreams];  ///< where the stream ends
  const uint8_t* lowest;
};

/// Symbols read between two refills: 5 times 11 bits and the 7 a refill may leave stay below 63.
constexpr size_t kRound = 5;
/// Bytes by which such a step can lower `at`.
constexpr int kRoundBytes = 7;

inline void refill(uint64_t& window, const uint8_t*& at) {
  const int used = __builtin_ctzll(window);
  at -= used >> 3;
  uint64_t next;
  std::memcpy(&next, at, 8);
  window = (next | 1) << (used & 7);
}

/// A set's table of one context, and 64 less its index bits.
struct Codes {
  const uint16_t* table;
  int shift;
};

inline uint8_t next_symbol(const uint16_t* table, int shift, uint64_t& window) {
  const uint16_t entry = table[window >> shift];
  window <<= entry & 63;
  return uint8_t(entry >> 8);
}

/// Reads kRound symbols of each of four streams, from `first` on. Four windows fit in registers, eight do not; the
/// core overlaps the two halves by itself.
[[gnu::always_inline]] inline void read_round(BitStreams& streams, int first, const uint16_t* __restrict table,
                                              int shift, uint8_t* __restrict out) {
  uint64_t w0 = streams.window[first], w1 = streams.window[first + 1], w2 = streams.window[first + 2], w3 = streams.window[first + 3];
  refill(w0, streams.at[first]);
  refill(w1, streams.at[first + 1]);
  refill(w2, streams.at[first + 2]);
  refill(w3, streams.at[first + 3]);
#pragma GCC unroll 5
  for (size_t r = 0; r < kRound; ++r) {
    uint8_t* const to = out + r * kStreams + size_t(first);
    to[0] = next_symbol(table, shift, w0);
    to[1] = next_symbol(table, shift, w1);
    to[2] = next_symbol(table, shift, w2);
    to[3] = next_symbol(table, shift, w3);
  }
  streams.window[first] = w0;
  streams.window[first + 1] = w1;
  streams.window[first + 2] = w2;
  streams.window[first + 3] = w3;
}

/// False if the streams run out before `count` symbols. Not inlined: one copy of the unrolled loop is enough.
[[gnu::noinline]] inline bool read_symbols(BitStreams& streams, Codes codes, uint8_t* __restrict out, size_t count) {
  constexpr size_t kStep = kRound * kStreams;
  const uint16_t* __restrict const table = codes.table;
  const int shift = codes.shift;
  size_t i = 0;
  for (;;) {
    // As many steps as cannot leave the memory that may be read, whatever the bits are, with one to spare.
    ptrdiff_t room = streams.at[0] - streams.lowest;
    for (int s = 1; s < kStreams; ++s) {
      room = streams.at[s] - streams.lowest < room ? streams.at[s] - streams.lowest : room;
    }
    if (room < kRoundBytes) return i == count;
    const size_t safe = (size_t(room) / kRoundBytes - 1) * kStep;
    const size_t end = count - i < safe ? count : i + safe;
    const size_t begin = i;
    for (; i + kStep <= end; i += kStep) {
      read_round(streams, 0, table, shift, out + i);
      read_round(streams, 4, table, shift, out + i);
    }
    if (count - i < kStep) break;
    if (i == begin) return false;
  }
  if (i == count) return true;
  for (int s = 0; s < kStreams; ++s) refill(streams.window[s], streams.at[s]);
  for (; i < count; i += kStreams) {
    const size_t n = count - i < kStreams ? count - i : kStreams;
    for (size_t s = 0; s < n; ++s) out[i + s] = next_symbol(table, shift, streams.window[s]);
  }
  return true;
}

/// Whether every stream was read to its end: less than a byte is left.
inline bool at_end(const BitStreams& streams) {
  bool end = true;
#pragma GCC unroll 8
  for (int s = 0; s < kStreams; ++s) {
    const ptrdiff_t left = (streams.at[s] + 8 - streams.begin[s]) * 8 - __builtin_ctzll(streams.window[s]);
    end = end && left >= 0 && left < 8;
  }
  return end;
}

}  // namespace
}  // namespace headrace::packed
