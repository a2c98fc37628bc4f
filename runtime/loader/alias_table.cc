#include "runtime/loader/alias_table.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "runtime/loader/sequence_random.h"

namespace headrace {

AliasTable::AliasTable(std::span<const double> weights) : threshold_(weights.size()), alias_(weights.size()) {
  const uint64_t n = weights.size();
  // n * 2^bits <= 2^62, so that sums and products stay whole and within 64 bits.
  const int bits = 62 - std::bit_width(n);
  const double largest = *std::max_element(weights.begin(), weights.end());
  for (uint64_t i = 0; i < n; ++i) {
    if (weights[i] == 0) continue;
    const double scaled = std::floor(std::ldexp(weights[i] / largest, bits));
    threshold_[i] = std::max<uint64_t>(1, static_cast<uint64_t>(scaled));
    total_ += threshold_[i];
  }
  // Each of the n columns holds total_ units, and index i has threshold_[i] * n to put into them.
  std::vector<uint32_t> small, large;
  for (uint64_t i = 0; i < n; ++i) {
    threshold_[i] *= n;
    alias_[i] = static_cast<uint32_t>(i);
    (threshold_[i] < total_ ? small : large).push_back(static_cast<uint32_t>(i));
  }
  while (!small.empty() && !large.empty()) {
    const uint32_t poor = small.back(), rich = large.back();
    small.pop_back();
    alias_[poor] = rich;
    threshold_[rich] -= total_ - threshold_[poor];
    if (threshold_[rich] >= total_) continue;
    large.pop_back();
    small.push_back(rich);
  }
  // Whole numbers leave nothing over: the columns that remain are exactly full.
}

uint64_t AliasTable::draw(uint64_t first, uint64_t second) const {
  const uint64_t column = sequence_random::below(first, threshold_.size());
  return sequence_random::below(second, total_) < threshold_[column] ? column : alias_[column];
}

}  // namespace headrace
