#include "runtime/loader/order.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "headrace/philox.h"

namespace headrace {
namespace {

constexpr uint64_t kOrderOp = philox::op_hash("/loader/order");

// Chosen by the distribution over permutations: on a small grid, values mix slowly.
constexpr uint64_t kSmall = 64;
constexpr uint32_t kRoundsSmall = 24;
constexpr uint32_t kRounds = 12;

// The last counter word, which keeps keys and round functions apart.
constexpr uint32_t kEpochTag = 0x65706F63u;
constexpr uint32_t kStreamTag = 0x73747265u;
constexpr uint32_t kRoundTag = 0x726F756Eu;

/// 64 bits of Philox for counter {value, word, tag}.
uint64_t hash(uint64_t key, uint64_t value, uint32_t word, uint32_t tag) {
  const philox::Block b =
      philox::block({static_cast<uint32_t>(value), static_cast<uint32_t>(value >> 32), word, tag},
                    static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32));
  return uint64_t{b[0]} | uint64_t{b[1]} << 32;
}

uint64_t epoch_key(uint64_t seed, uint64_t epoch) {
  return hash(philox::op_key(seed, kOrderOp), epoch, 0, kEpochTag);
}

// Streams of an epoch's key: the pages, then each window.
constexpr uint64_t kPagesStream = 0;
uint64_t stream_key(uint64_t epoch_key, uint64_t stream) { return hash(epoch_key, stream, 0, kStreamTag); }

/// floor(r * n / 2^64): uniform in [0, n) but for a bias below n / 2^64.
uint64_t below(uint64_t r, uint64_t n) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(static_cast<Wide>(r) * n >> 64);
}

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

KeyedBijection::KeyedBijection(uint64_t n, uint64_t key)
    : n_(n), rows_(ceil_sqrt(n)), cols_((n + rows_ - 1) / rows_), key_(key) {}

uint64_t KeyedBijection::operator()(uint64_t x) const {
  const uint32_t rounds = n_ <= kSmall ? kRoundsSmall : kRounds;
  // The grid has fewer than rows_ cells too many, so more than one turn is rare.
  do {
    uint64_t row = x / cols_;
    uint64_t col = x % cols_;
    for (uint32_t round = 0; round < rounds; round += 2) {
      row += below(hash(key_, col, round, kRoundTag), rows_);
      if (row >= rows_) row -= rows_;
      col += below(hash(key_, row, round + 1, kRoundTag), cols_);
      if (col >= cols_) col -= cols_;
    }
    x = row * cols_ + col;
  } while (x >= n_);
  return x;
}

PageLists::PageLists(const Dataset& dataset) {
  const uint64_t n = dataset.size();
  std::vector<uint64_t> page_of(n);
  bool ascending = true;
  for (uint64_t s = 0; s < n; ++s) {
    page_of[s] = dataset.page_of(s);
    ascending = ascending && (s == 0 || page_of[s - 1] <= page_of[s]);
  }
  if (!ascending) {
    samples_.resize(n);
    for (uint64_t s = 0; s < n; ++s) samples_[s] = s;
    std::stable_sort(samples_.begin(), samples_.end(),
                     [&](uint64_t a, uint64_t b) { return page_of[a] < page_of[b]; });
  }
  const auto page_at = [&](uint64_t i) { return page_of[ascending ? i : samples_[i]]; };
  for (uint64_t i = 0; i < n; ++i) {
    if (i == 0 || page_at(i) != page_at(i - 1)) begin_.push_back(i);
  }
  begin_.push_back(n);
}

OrderPlan OrderPlan::sequential(uint64_t n) { return {Order::sequential, n, 0}; }

OrderPlan OrderPlan::random(uint64_t n, uint64_t seed, uint64_t epoch) {
  return {Order::random, n, epoch_key(seed, epoch)};
}

OrderPlan OrderPlan::quasi_random(const PageLists& pages, uint64_t page_bytes, uint64_t window_bytes,
                                  uint64_t seed, uint64_t epoch) {
  OrderPlan plan(Order::quasi_random, pages.samples(), epoch_key(seed, epoch));
  plan.pages_ = &pages;
  page_bytes = std::max<uint64_t>(page_bytes, 1);
  plan.window_pages_ = std::max<uint64_t>(window_bytes / page_bytes + (window_bytes % page_bytes != 0), 1);
  const uint64_t count = pages.pages();
  plan.visited_.reserve(count);
  plan.start_.reserve(count + 1);
  plan.start_.push_back(0);
  if (count == 0) return plan;
  const KeyedBijection mix(count, stream_key(plan.key_, kPagesStream));
  for (uint64_t i = 0; i < count; ++i) {
    plan.visited_.push_back(mix(i));
    plan.start_.push_back(plan.start_.back() + pages.count(plan.visited_.back()));
  }
  return plan;
}

uint64_t OrderPlan::quasi_random_at(uint64_t position) const {
  const auto visit_of = [&](uint64_t at) {
    return static_cast<uint64_t>(std::upper_bound(start_.begin(), start_.end(), at) - start_.begin()) - 1;
  };
  const uint64_t window = visit_of(position) / window_pages_;
  const uint64_t first = start_[window * window_pages_];
  const uint64_t end = start_[std::min<uint64_t>((window + 1) * window_pages_, visited_.size())];
  const KeyedBijection mix(end - first, stream_key(key_, kPagesStream + 1 + window));
  const uint64_t mixed = first + mix(position - first);
  const uint64_t visit = visit_of(mixed);
  return pages_->sample(visited_[visit], mixed - start_[visit]);
}

uint64_t OrderPlan::sample_at(uint64_t position) const {
  switch (order_) {
    case Order::sequential:
      return position;
    case Order::random:
      return KeyedBijection(n_, key_)(position);
    case Order::quasi_random:
      return quasi_random_at(position);
  }
  return position;
}

}  // namespace headrace
