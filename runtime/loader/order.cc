#include "runtime/loader/order.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "runtime/loader/sequence_random.h"

namespace headrace {
namespace {

using sequence_random::below;
using sequence_random::stream_key;

// Chosen by the distribution over permutations: on a small grid, values mix slowly.
constexpr uint64_t kSmall = 64;
constexpr uint32_t kRoundsSmall = KeyedBijection::kMaxRounds;
constexpr uint32_t kRounds = 12;

/// The output function of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014), and its step: as even as Philox where only 12 of them in a row are seen, and
/// five times as fast.
uint64_t mixed(uint64_t z) {
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}
constexpr uint64_t kWeyl = 0x9E3779B97F4A7C15u;

/// Smallest r with r * r >= n.
uint64_t ceil_sqrt(uint64_t n) {
  auto r = static_cast<uint64_t>(std::sqrt(static_cast<double>(n)));
  while (r * r < n) ++r;
  while (r > 1 && (r - 1) * (r - 1) >= n) --r;
  return r;
}

}  // namespace

Expected<Order> parse_order(std::string_view name) {
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    if (name == order_name(order)) return order;
  }
  return Status("loader.order", "",
                "\"" + std::string(name) + "\" is not an order; expected sequential, random or quasi_random");
}

std::string_view order_name(Order order) {
  switch (order) {
    case Order::sequential:
      return "sequential";
    case Order::random:
      return "random";
    case Order::quasi_random:
      return "quasi_random";
  }
  return "?";
}

Expected<Tail> parse_tail(std::string_view name) {
  for (const Tail tail : {Tail::drop, Tail::pad, Tail::wrap}) {
    if (name == tail_name(tail)) return tail;
  }
  return Status("loader.tail", "",
                "\"" + std::string(name) + "\" is not a tail policy; expected drop, pad or wrap");
}

std::string_view tail_name(Tail tail) {
  switch (tail) {
    case Tail::drop:
      return "drop";
    case Tail::pad:
      return "pad";
    case Tail::wrap:
      return "wrap";
  }
  return "?";
}

KeyedBijection::KeyedBijection(uint64_t n, uint64_t key)
    : n_(n),
      rows_(ceil_sqrt(n)),
      cols_((n + rows_ - 1) / rows_),
      rounds_(n <= kSmall ? kRoundsSmall : kRounds) {
  for (uint32_t round = 0; round < rounds_; ++round) round_keys_[round] = mixed(key + (round + 1) * kWeyl);
}

uint64_t KeyedBijection::operator()(uint64_t x) const {
  // The grid has fewer than rows_ cells too many, so more than one turn is rare.
  do {
    uint64_t row = x / cols_;
    uint64_t col = x % cols_;
    for (uint32_t round = 0; round < rounds_; round += 2) {
      row += below(mixed(col ^ round_keys_[round]), rows_);
      if (row >= rows_) row -= rows_;
      col += below(mixed(row ^ round_keys_[round + 1]), cols_);
      if (col >= cols_) col -= cols_;
    }
    x = row * cols_ + col;
  } while (x >= n_);
  return x;
}

PageLists::PageLists(const Dataset& dataset, const SampleList* selected)
    : page_size_(std::max<uint64_t>(dataset.page_size(), 1)) {
  const uint64_t n = selected == nullptr ? dataset.size() : selected->size();
  const auto page_at = [&](uint64_t i) { return dataset.page_of(selected == nullptr ? i : (*selected)[i]); };
  begin_.push_back(0);
  while (begin_.back() < n) {
    const uint64_t first = begin_.back();
    const uint64_t page = page_at(first);
    // The page's samples follow one another: double a step until it leaves the page, then halve.
    uint64_t inside = first, step = 1;
    while (n - inside > step && page_at(inside + step) == page) {
      inside += step;
      step *= 2;
    }
    uint64_t outside = n - inside > step ? inside + step : n;
    while (outside - inside > 1) {
      const uint64_t middle = inside + (outside - inside) / 2;
      (page_at(middle) == page ? inside : outside) = middle;
    }
    const uint64_t bytes = std::max(page_size_, dataset.page_bytes(page));
    if (bytes != page_size_ && bytes_.empty()) bytes_.assign(begin_.size() - 1, page_size_);
    begin_.push_back(outside);
    if (bytes != page_size_ || !bytes_.empty()) bytes_.push_back(bytes);
    total_bytes_ += bytes;
  }
}

OrderPlan OrderPlan::sequential(uint64_t n) { return {Order::sequential, n, 0}; }

OrderPlan OrderPlan::random(uint64_t n, uint64_t seed, uint64_t epoch) {
  return {Order::random, n, sequence_random::epoch_key(seed, epoch)};
}

OrderPlan OrderPlan::quasi_random(const PageLists& pages, uint64_t window_bytes, uint64_t seed,
                                  uint64_t epoch) {
  OrderPlan plan(Order::quasi_random, pages.samples(), sequence_random::epoch_key(seed, epoch));
  plan.pages_ = &pages;
  if (pages.pages() != 0) plan.visit_pages(std::max<uint64_t>(window_bytes, 1));
  return plan;
}

void OrderPlan::visit_pages(uint64_t window_bytes) {
  const uint64_t count = pages_->pages();
  visited_.reserve(count);
  start_.reserve(count + 1);
  const KeyedBijection mix(count, stream_key(key_, sequence_random::kPages));
  // Windows of equal shares of the bytes, each ending with the page that reaches its share. A page larger
  // than a share takes several, and no window is empty.
  const uint64_t total = pages_->bytes();
  const uint64_t windows = std::min(total / window_bytes + (total % window_bytes != 0), count);
  __extension__ using Wide = unsigned __int128;
  uint64_t bytes = 0, reached = 0;
  start_.push_back(0);
  window_.push_back(0);
  for (uint64_t i = 0; i < count; ++i) {
    visited_.push_back(mix(i));
    start_.push_back(start_.back() + pages_->count(visited_.back()));
    bytes += pages_->bytes(visited_.back());
    const auto shares = static_cast<uint64_t>(Wide{bytes} * windows / total);
    if (shares > reached) window_.push_back(start_.back());
    reached = shares;
  }
}

uint64_t OrderPlan::quasi_random_at(uint64_t position) const {
  const auto part_of = [](const std::vector<uint64_t>& starts, uint64_t at) {
    return static_cast<uint64_t>(std::upper_bound(starts.begin(), starts.end(), at) - starts.begin()) - 1;
  };
  const uint64_t window = part_of(window_, position);
  const uint64_t first = window_[window];
  const KeyedBijection mix(window_[window + 1] - first, stream_key(key_, sequence_random::kWindows + window));
  const uint64_t mixed = first + mix(position - first);
  const uint64_t visit = part_of(start_, mixed);
  return pages_->begin(visited_[visit]) + (mixed - start_[visit]);
}

uint64_t OrderPlan::at(uint64_t position) const {
  switch (order_) {
    case Order::sequential:
      return position;
    case Order::random:
      return mix_(position);
    case Order::quasi_random:
      return quasi_random_at(position);
  }
  return position;
}

}  // namespace headrace
