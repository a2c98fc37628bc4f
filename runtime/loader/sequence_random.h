// Random numbers of orders and draws: pure functions of a seed, an epoch and a position, apart from the
// numbers that samples are augmented with.
#pragma once

#include <cstdint>

#include "headrace/philox.h"

namespace headrace::sequence_random {

// The last counter word, which keeps the uses of a key apart.
inline constexpr uint32_t kEpochTag = 0x65706F63u;
inline constexpr uint32_t kStreamTag = 0x73747265u;
inline constexpr uint32_t kDrawTag = 0x64726177u;

inline constexpr uint64_t kOrderOp = philox::op_hash("/loader/order");

/// 128 bits of Philox for counter {value, word, tag}, as two numbers.
struct Pair {
  uint64_t first, second;
};
inline Pair hash_pair(uint64_t key, uint64_t value, uint32_t word, uint32_t tag) {
  const philox::Block b =
      philox::block({static_cast<uint32_t>(value), static_cast<uint32_t>(value >> 32), word, tag},
                    static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32));
  return {uint64_t{b[0]} | uint64_t{b[1]} << 32, uint64_t{b[2]} | uint64_t{b[3]} << 32};
}

inline uint64_t hash(uint64_t key, uint64_t value, uint32_t word, uint32_t tag) {
  return hash_pair(key, value, word, tag).first;
}

inline uint64_t epoch_key(uint64_t seed, uint64_t epoch) {
  return hash(philox::op_key(seed, kOrderOp), epoch, 0, kEpochTag);
}

/// Streams of an epoch's key: the order of pages, each window's order (counted up from kWindows), draws with
/// weights, samples that take the place of failed ones.
inline constexpr uint64_t kPages = 0;
inline constexpr uint64_t kWindows = 1;
inline constexpr uint64_t kDraws = uint64_t{1} << 63;
inline constexpr uint64_t kSubstitutes = kDraws + 1;
inline uint64_t stream_key(uint64_t epoch_key, uint64_t stream) {
  return hash(epoch_key, stream, 0, kStreamTag);
}

/// floor(r * n / 2^64): uniform in [0, n) but for a bias below n / 2^64.
inline uint64_t below(uint64_t r, uint64_t n) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(static_cast<Wide>(r) * n >> 64);
}

}  // namespace headrace::sequence_random
