// Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3" (SC 2011), and the one way headrace derives random numbers from it: keyed by (seed, epoch,
// sample, op), so that a value never depends on threads, order or what was drawn before.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace headrace::philox {

using Block = std::array<uint32_t, 4>;

inline constexpr uint32_t kMul0 = 0xD2511F53u;
inline constexpr uint32_t kMul1 = 0xCD9E8D57u;
inline constexpr uint32_t kWeyl0 = 0x9E3779B9u;
inline constexpr uint32_t kWeyl1 = 0xBB67AE85u;
inline constexpr int kRounds = 10;

/// The 10-round bijection of counter `c` under the 64-bit key (k0 low, k1 high).
constexpr Block block(Block c, uint32_t k0, uint32_t k1) {
  for (int r = 0; r < kRounds; ++r) {
    const uint64_t p0 = uint64_t{kMul0} * c[0];
    const uint64_t p1 = uint64_t{kMul1} * c[2];
    c = {uint32_t(p1 >> 32) ^ c[1] ^ k0, uint32_t(p1), uint32_t(p0 >> 32) ^ c[3] ^ k1, uint32_t(p0)};
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
  return c;
}

/// FNV-1a (64 bit) of an op's id, which is its JSON pointer in the spec ("/outputs/image/1").
constexpr uint64_t op_hash(std::string_view op_id) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (char ch : op_id) h = (h ^ static_cast<uint8_t>(ch)) * 0x100000001b3ull;
  return h;
}

/// Tag that separates the derivation of op keys from draws.
inline constexpr uint32_t kOpKeyTag = 0x68726B79u;

/// Key of one op under one seed: the first 64 bits of block({op lo, op hi, kOpKeyTag, 0}, seed).
constexpr uint64_t op_key(uint64_t seed, uint64_t op) {
  const Block b = block({uint32_t(op), uint32_t(op >> 32), kOpKeyTag, 0}, uint32_t(seed), uint32_t(seed >> 32));
  return uint64_t{b[0]} | uint64_t{b[1]} << 32;
}

/// Draw number `draw` of an op: block({draw, epoch, sample lo, sample hi}, op_key). The epoch counts
/// modulo 2^32.
constexpr Block draw(uint64_t key, uint64_t epoch, uint64_t sample, uint32_t draw) {
  return block({draw, uint32_t(epoch), uint32_t(sample), uint32_t(sample >> 32)}, uint32_t(key), uint32_t(key >> 32));
}

/// Uniform in [0, 1) with 53 random bits: hi's upper 27 bits, then lo's upper 26.
constexpr double uniform(uint32_t hi, uint32_t lo) {
  return (double(hi >> 5) * 67108864.0 + double(lo >> 6)) * 0x1p-53;
}

/// Uniform integer in [0, n) for 1 <= n <= 2^32: floor(r * n / 2^32).
constexpr uint32_t below(uint32_t r, uint64_t n) { return uint32_t((uint64_t{r} * n) >> 32); }

}  // namespace headrace::philox
