// Draws an index with a probability in proportion to its weight, in constant time: the alias method of Walker
// (1977), built as by Vose (1991), in whole numbers, so that every machine draws the same.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace headrace {

class AliasTable {
 public:
  /// At most so many weights.
  static constexpr uint64_t kMaxSize = UINT32_MAX;

  /// `weights`: 1 to kMaxSize finite numbers of at least 0, not all 0. They are rounded to multiples of the
  /// largest divided by 2^(62 - b), b being the bits of their number (2^38 for ten million), but never to 0.
  explicit AliasTable(std::span<const double> weights);

  /// For two independent, uniform 64-bit numbers.
  uint64_t draw(uint64_t first, uint64_t second) const;

  /// What draws depend on, to be hashed.
  std::span<const uint64_t> thresholds() const { return threshold_; }
  std::span<const uint32_t> aliases() const { return alias_; }

 private:
  // A column is chosen uniformly, then one of `total_` units in it: those below the threshold belong to the
  // column's own index, the rest to its alias.
  uint64_t total_ = 0;
  std::vector<uint64_t> threshold_;
  std::vector<uint32_t> alias_;
};

}  // namespace headrace
