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

/// Symbols read between two refills: 5 times 10 bits and the 7 a refill may leave stay below 63.
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

inline uint8_t next_symbol(const uint16_t* table, uint64_t& window) {
  const uint16_t entry = table[window >> (64 - kCodeBits)];
  window <<= entry & 63;
  return uint8_t(entry >> 8);
}

/// False if the streams run out before `count` symbols. Not inlined: one copy of the unrolled loop is enough.
[[gnu::noinline]] inline bool read_symbols(BitStreams& streams, const uint16_t* __restrict table, uint8_t* __restrict out, size_t count) {
  constexpr size_t kStep = kRound * kStreams;
  uint64_t w[kStreams];
  const uint8_t* at[kStreams];
#pragma GCC unroll 8
  for (int s = 0; s < kStreams; ++s) {
    w[s] = streams.window[s];
    at[s] = streams.at[s];
  }
  size_t i = 0;
  bool enough = true;
  for (;;) {
    // As many steps as cannot leave the memory that may be read, whatever the bits are, with one to spare.
    ptrdiff_t room = at[0] - streams.lowest;
#pragma GCC unroll 8
    for (int s = 1; s < kStreams; ++s) room = at[s] - streams.lowest < room ? at[s] - streams.lowest : room;
    if (room < kRoundBytes) {
      enough = i == count;
      break;
    }
    const size_t safe = (size_t(room) / kRoundBytes - 1) * kStep;
    const size_t end = count - i < safe ? count : i + safe;
    const size_t begin = i;
    while (i + kStep <= end) {
#pragma GCC unroll 8
      for (int s = 0; s < kStreams; ++s) refill(w[s], at[s]);
#pragma GCC unroll 5
      for (size_t r = 0; r < kRound; ++r) {
#pragma GCC unroll 8
        for (int s = 0; s < kStreams; ++s) out[i + r * kStreams + size_t(s)] = next_symbol(table, w[s]);
      }
      i += kStep;
    }
    if (count - i >= kStep) {
      if (i > begin) continue;
      enough = false;
      break;
    }
    if (i == count) break;
#pragma GCC unroll 8
    for (int s = 0; s < kStreams; ++s) refill(w[s], at[s]);
    for (; i + kStreams <= count; i += kStreams) {
#pragma GCC unroll 8
      for (int s = 0; s < kStreams; ++s) out[i + size_t(s)] = next_symbol(table, w[s]);
    }
#pragma GCC unroll 8
    for (int s = 0; s < kStreams; ++s) {
      if (i < count) out[i++] = next_symbol(table, w[s]);
    }
    break;
  }
#pragma GCC unroll 8
  for (int s = 0; s < kStreams; ++s) {
    streams.window[s] = w[s];
    streams.at[s] = at[s];
  }
  return enough;
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
