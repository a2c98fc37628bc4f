// Draws in which each class is as likely as any other, and within a class each sample.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/loader/weights.h"

namespace headrace {

class ClassBalance final : public SampleWeights {
 public:
  /// `classes`: the class of each selected sample; at least one, at most 2^32 - 1.
  explicit ClassBalance(std::span<const int64_t> classes);

  uint64_t draw(uint64_t first, uint64_t second) const override;
  void add_to(SequenceKey& key) const override;

  uint64_t classes() const { return begin_.size() - 1; }

 private:
  std::vector<uint32_t> begin_;    // where each class starts in members_; one more than classes
  std::vector<uint32_t> members_;  // by class, ascending
};

}  // namespace headrace
