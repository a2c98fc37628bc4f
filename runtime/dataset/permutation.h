// The order in which samples are written: a permutation keyed by a seed.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "headrace/philox.h"

namespace headrace {

/// Separates this use of a seed from all others.
inline constexpr uint32_t kPermutationTag = 0x68727065u;

/// A permutation of 0 .. n - 1 (Fisher-Yates from the end; step i takes j = floor(r (i + 1) / 2^64), r the
/// first 64 bits of Philox4x32-10 with counter {i lo, i hi, tag, 0} and the seed as its key).
inline std::vector<uint64_t> keyed_permutation(uint64_t n, uint64_t seed) {
  std::vector<uint64_t> order(n);
  for (uint64_t i = 0; i < n; ++i) order[i] = i;
  for (uint64_t i = n; i-- > 1;) {
    const philox::Block b =
        philox::block({static_cast<uint32_t>(i), static_cast<uint32_t>(i >> 32), kPermutationTag, 0},
                      static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
    const uint64_t r = uint64_t{b[0]} | uint64_t{b[1]} << 32;
    __extension__ using Wide = unsigned __int128;
    std::swap(order[i], order[static_cast<uint64_t>(static_cast<Wide>(r) * (i + 1) >> 64)]);
  }
  return order;
}

}  // namespace headrace
