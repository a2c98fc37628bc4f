// In which order an epoch visits the samples: a pure function of (order, seed, epoch, dataset), evaluated at
// any position on its own, so that workers, ranks and a resumed run need no common state.
#pragma once

#include <cstdint>
#include <vector>

#include "headrace/loader.h"

namespace headrace {

/// A keyed bijection of 0 .. n - 1 that needs no memory: a Feistel network over a grid that is just large
/// enough, with Philox as its round function; values outside 0 .. n - 1 are sent through again.
class KeyedBijection {
 public:
  /// 1 <= n <= 2^62.
  KeyedBijection(uint64_t n, uint64_t key);

  uint64_t operator()(uint64_t x) const;  ///< x < n

 private:
  uint64_t n_;
  uint64_t rows_, cols_;  // rows x cols >= n, nearly square
  uint64_t key_;
};

/// The samples of each page that has any, in ascending order. Built once per dataset.
class PageLists {
 public:
  explicit PageLists(const Dataset& dataset);

  uint64_t pages() const { return begin_.size() - 1; }
  uint64_t samples() const { return begin_.back(); }
  uint64_t count(uint64_t page) const { return begin_[page + 1] - begin_[page]; }
  uint64_t sample(uint64_t page, uint64_t i) const {
    const uint64_t at = begin_[page] + i;
    return samples_.empty() ? at : samples_[at];
  }

 private:
  std::vector<uint64_t> begin_;    // where each page's samples start; one more than pages
  std::vector<uint64_t> samples_;  // by page; empty if that is 0, 1, 2, ...
};

/// The order of one epoch. sample_at() is a bijection from positions to samples.
class OrderPlan {
 public:
  static OrderPlan sequential(uint64_t n);
  static OrderPlan random(uint64_t n, uint64_t seed, uint64_t epoch);

  /// Pages in random order; the samples of so many consecutively visited pages that they reach
  /// `window_bytes` (at least one) are mixed with each other. `pages` must outlive the plan.
  static OrderPlan quasi_random(const PageLists& pages, uint64_t page_bytes, uint64_t window_bytes,
                                uint64_t seed, uint64_t epoch);

  uint64_t size() const { return n_; }
  uint64_t sample_at(uint64_t position) const;  ///< position < size()

 private:
  OrderPlan(Order order, uint64_t n, uint64_t key) : order_(order), n_(n), key_(key) {}
  uint64_t quasi_random_at(uint64_t position) const;

  Order order_;
  uint64_t n_;
  uint64_t key_;  // of this seed and epoch
  // Quasi-random only.
  const PageLists* pages_ = nullptr;
  uint64_t window_pages_ = 1;
  std::vector<uint64_t> visited_;  // page visited as number i
  std::vector<uint64_t> start_;    // position at which the visit of page i starts; one more than pages
};

}  // namespace headrace
