// A seeded stream of random choices for tests: the same on every machine.
#pragma once

#include <cstdint>
#include <iterator>
#include <utility>

#include "headrace/philox.h"

namespace headrace::testing {

class RandomStream {
 public:
  explicit RandomStream(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  uint32_t next() { return philox::draw(seed_, 0, stream_, count_++)[0]; }

  /// Uniform in [0, n).
  int64_t below(int64_t n) { return philox::below(next(), uint64_t(n)); }
  /// Uniform in [low, high].
  int64_t between(int64_t low, int64_t high) { return low + below(high - low + 1); }
  bool percent(int p) { return below(100) < p; }

  template <class List>
  const auto& pick(const List& list) {
    return *std::next(std::begin(list), below(int64_t(std::size(list))));
  }

  template <class List>
  void shuffle(List& list) {
    for (size_t i = std::size(list); i > 1; --i) std::swap(list[i - 1], list[size_t(below(int64_t(i)))]);
  }

 private:
  uint64_t seed_, stream_;
  uint32_t count_ = 0;
};

}  // namespace headrace::testing
