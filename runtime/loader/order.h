// In which order an epoch visits the samples: a pure function of (order, seed, epoch, dataset), evaluated at
// any position on its own, so that workers, ranks and a resumed run need no common state.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "headrace/loader.h"
#include "runtime/loader/selection_list.h"

namespace headrace {

/// A keyed bijection of 0 .. n - 1 that needs no memory: a Feistel network over a grid that is just large
/// enough; values outside 0 .. n - 1 are sent through again.
class KeyedBijection {
 public:
  static constexpr uint32_t kMaxRounds = 24;

  /// 1 <= n <= 2^62.
  KeyedBijection(uint64_t n, uint64_t key);

  uint64_t operator()(uint64_t x) const;  ///< x < n

 private:
  uint64_t n_;
  uint64_t rows_, cols_;  // rows x cols >= n, nearly square
  uint32_t rounds_;
  std::array<uint64_t, kMaxRounds> round_keys_;
};

/// The pages of a dataset that hold any of the selected samples. Memory and time are O(pages), not
/// O(samples).
class PageLists {
 public:
  /// `selected`: ascending sample numbers, which outlive the lists; null: all samples.
  explicit PageLists(const Dataset& dataset, const SampleList* selected = nullptr);

  uint64_t pages() const { return begin_.size() - 1; }
  uint64_t samples() const { return begin_.back(); }
  uint64_t count(uint64_t page) const { return begin_[page + 1] - begin_[page]; }

  /// Number among the selected samples of the page's first; those after it follow.
  uint64_t begin(uint64_t page) const { return begin_[page]; }

  /// Size of a page as windows count it: an ordinary page by the size of a full one, one with a larger sample
  /// by its own.
  uint64_t bytes(uint64_t page) const { return bytes_.empty() ? page_size_ : bytes_[page]; }
  uint64_t bytes() const { return total_bytes_; }

 private:
  uint64_t page_size_;
  uint64_t total_bytes_ = 0;
  std::vector<uint64_t> begin_;  // one more than pages
  std::vector<uint64_t> bytes_;  // empty if all pages are ordinary
};

/// The order of one epoch. at() is a bijection of 0 .. size() - 1: from positions to numbers among the
/// selected samples.
class OrderPlan {
 public:
  static OrderPlan sequential(uint64_t n);
  static OrderPlan random(uint64_t n, uint64_t seed, uint64_t epoch);

  /// Pages in random order, in windows: samples of consecutively visited pages, `window_bytes` of them or up
  /// to a page more or less, are mixed with each other. Windows are as even as pages allow. `pages` must
  /// outlive the plan.
  static OrderPlan quasi_random(const PageLists& pages, uint64_t window_bytes, uint64_t seed, uint64_t epoch);

  uint64_t size() const { return n_; }
  uint64_t at(uint64_t position) const;  ///< position < size()

 private:
  OrderPlan(Order order, uint64_t n, uint64_t key)
      : order_(order), n_(n), key_(key), mix_(n == 0 ? 1 : n, key) {}
  void visit_pages(uint64_t window_bytes);
  uint64_t quasi_random_at(uint64_t position) const;

  Order order_;
  uint64_t n_;
  uint64_t key_;        // of this seed and epoch
  KeyedBijection mix_;  // of all samples
  // Quasi-random only.
  const PageLists* pages_ = nullptr;
  std::vector<uint64_t> visited_;  // page visited as number i
  std::vector<uint64_t> start_;    // position at which the visit of page i starts; one more than pages
  std::vector<uint64_t> window_;   // position at which each window starts; one more than windows
};

}  // namespace headrace
