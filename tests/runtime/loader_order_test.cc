// Orders: bijections for every size, pure functions of seed and epoch, evenly spread, window by window.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "runtime/loader/order.h"
#include "sequence_testing.h"

namespace headrace {
namespace {

using testing::TableDataset;

std::vector<uint64_t> all(const OrderPlan& plan) {
  std::vector<uint64_t> samples(plan.size());
  for (uint64_t i = 0; i < plan.size(); ++i) samples[i] = plan.at(i);
  return samples;
}

bool is_permutation_of_all(std::vector<uint64_t> samples) {
  std::sort(samples.begin(), samples.end());
  for (uint64_t i = 0; i < samples.size(); ++i) {
    if (samples[i] != i) return false;
  }
  return true;
}

/// (chi - expected) in standard deviations, for a chi-square statistic with so many degrees of freedom.
double sigmas(double chi, double dof) { return (chi - dof) / std::sqrt(2 * dof); }

TEST(LoaderOrder, NamesParse) {
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    const Expected<Order> parsed = parse_order(order_name(order));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed, order);
  }
  EXPECT_EQ(parse_order("shuffled").status().to_string(),
            "error[loader.order] \"shuffled\" is not an order; expected sequential, random or quasi_random");
}

TEST(LoaderOrder, SequentialIsTheIdentity) {
  const OrderPlan plan = OrderPlan::sequential(5);
  EXPECT_EQ(all(plan), (std::vector<uint64_t>{0, 1, 2, 3, 4}));
}

TEST(LoaderOrder, RandomIsABijectionForEverySize) {
  for (uint64_t n = 1; n <= 300; ++n) {
    for (uint64_t epoch = 0; epoch < 3; ++epoch) {
      ASSERT_TRUE(is_permutation_of_all(all(OrderPlan::random(n, 7, epoch)))) << n << " in epoch " << epoch;
    }
  }
  for (const uint64_t n : {65'535u, 65'536u, 65'537u, 100'003u}) {
    ASSERT_TRUE(is_permutation_of_all(all(OrderPlan::random(n, 7, 0)))) << n;
  }
}

TEST(LoaderOrder, RandomWorksForHugeSizes) {
  for (const uint64_t n :
       {(uint64_t{1} << 32) + 1, uint64_t{1} << 53, (uint64_t{1} << 62) - 57, uint64_t{1} << 62}) {
    const OrderPlan plan = OrderPlan::random(n, 1, 2);
    std::set<uint64_t> seen;
    uint64_t upper_half = 0;
    for (uint64_t i = 0; i < 20'000; ++i) {
      const uint64_t s = plan.at(i);
      ASSERT_LT(s, n);
      ASSERT_TRUE(seen.insert(s).second) << "position " << i << " repeats sample " << s;
      upper_half += s >= n / 2;
    }
    EXPECT_NEAR(double(upper_half), 10'000, 400) << n;
  }
}

// The order is part of what makes a run reproducible: these values must never change.
TEST(LoaderOrder, RandomHasTheseValues) {
  EXPECT_EQ(all(OrderPlan::random(10, 0, 0)), (std::vector<uint64_t>{6, 5, 8, 1, 9, 4, 7, 0, 2, 3}));
  EXPECT_EQ(all(OrderPlan::random(10, 7, 1)), (std::vector<uint64_t>{5, 4, 9, 0, 8, 7, 3, 6, 2, 1}));
  const OrderPlan large = OrderPlan::random(1'281'167, 7, (uint64_t{1} << 32) + 1);
  EXPECT_EQ(large.at(0), 1135455u);
  EXPECT_EQ(large.at(1'281'166), 45472u);
}

TEST(LoaderOrder, SeedAndEpochChangeTheOrder) {
  const std::vector<uint64_t> base = all(OrderPlan::random(1000, 7, 0));
  EXPECT_EQ(base, all(OrderPlan::random(1000, 7, 0)));
  const std::vector<std::pair<uint64_t, uint64_t>> others = {
      {8, 0}, {7, 1}, {7 + (uint64_t{1} << 32), 0}, {7, uint64_t{1} << 32}, {0, 7}};
  for (const auto& [seed, epoch] : others) {
    const std::vector<uint64_t> other = all(OrderPlan::random(1000, seed, epoch));
    int same = 0;
    for (size_t i = 0; i < base.size(); ++i) same += base[i] == other[i];
    EXPECT_LT(same, 10) << "seed " << seed << ", epoch " << epoch;
  }
}

TEST(LoaderOrder, EveryPermutationOfFewSamplesIsAsLikely) {
  for (const uint64_t n : {2u, 3u, 4u, 5u}) {
    constexpr int kEpochs = 30'000;
    std::map<std::vector<uint64_t>, int> counts;
    for (uint64_t e = 0; e < kEpochs; ++e) ++counts[all(OrderPlan::random(n, 3, e))];
    double permutations = 1;
    for (uint64_t i = 2; i <= n; ++i) permutations *= double(i);
    ASSERT_EQ(double(counts.size()), permutations);
    const double expected = kEpochs / permutations;
    double chi = 0;
    for (const auto& [order, count] : counts) chi += (count - expected) * (count - expected) / expected;
    EXPECT_LT(sigmas(chi, permutations - 1), 4) << n << " samples";
  }
}

TEST(LoaderOrder, SamplesAreSpreadOverPositions) {
  for (const uint64_t n : {6u, 10u, 31u, 64u, 65u, 100u}) {
    constexpr int kEpochs = 4'000;
    std::vector<int> at(n * n), pairs(n * n), steps(n);
    for (uint64_t e = 0; e < kEpochs; ++e) {
      const std::vector<uint64_t> samples = all(OrderPlan::random(n, 5, e));
      for (uint64_t i = 0; i < n; ++i) ++at[i * n + samples[i]];
      ++pairs[samples[0] * n + samples[1]];
      ++steps[(samples[1] + n - samples[0]) % n];
    }
    const double each = double(kEpochs) / double(n);
    double chi = 0;
    for (const int c : at) chi += (c - each) * (c - each) / each;
    // Rows and columns have fixed sums.
    const double dof = double((n - 1) * (n - 1));
    EXPECT_LT(std::abs(sigmas(chi * double(n - 1) / double(n), dof)), 4) << n << " samples";

    const double pair = each / double(n - 1);
    chi = 0;
    for (uint64_t a = 0; a < n; ++a) {
      for (uint64_t b = 0; b < n; ++b) {
        if (a != b) chi += (pairs[a * n + b] - pair) * (pairs[a * n + b] - pair) / pair;
      }
    }
    EXPECT_LT(std::abs(sigmas(chi, double(n * (n - 1) - 1))), 4) << n << " samples, neighbours";
    EXPECT_EQ(steps[0], 0);
  }
}

TEST(LoaderOrder, ConsecutiveSamplesAreNotCorrelated) {
  constexpr uint64_t kN = 100'000;
  constexpr uint64_t kBins = 20;
  const OrderPlan plan = OrderPlan::random(kN, 11, 0);
  std::vector<int> counts(kBins * kBins), coarse(kBins * kBins);
  for (uint64_t i = 0; i < kN; ++i) {
    const uint64_t bin = plan.at(i) * kBins / kN;
    ++coarse[i * kBins / kN * kBins + bin];
    if (i + 1 < kN) ++counts[bin * kBins + plan.at(i + 1) * kBins / kN];
  }
  const double each = double(kN) / double(kBins * kBins);
  for (const auto* table : {&counts, &coarse}) {
    double chi = 0;
    for (const int c : *table) chi += (c - each) * (c - each) / each;
    EXPECT_LT(std::abs(sigmas(chi, double((kBins - 1) * (kBins - 1)))), 4);
  }
}

// --- quasi-random ---

TEST(LoaderOrder, PageListsCoverEverySampleOnce) {
  for (uint64_t n = 0; n < 200; ++n) {
    TableDataset dataset(n);
    // Pages of 1, 2, ... samples, of which every third is missing.
    for (uint64_t s = 0; s < n; ++s) {
      const auto page = static_cast<uint64_t>(std::sqrt(2.0 * double(s) + 0.25) + 0.5);
      dataset.pages[s] = page * 3;
    }
    const PageLists lists(dataset);
    ASSERT_EQ(lists.samples(), n);
    uint64_t next = 0;
    for (uint64_t p = 0; p < lists.pages(); ++p) {
      ASSERT_EQ(lists.begin(p), next);
      ASSERT_GT(lists.count(p), 0u);
      next += lists.count(p);
      for (uint64_t s = lists.begin(p); s < next; ++s)
        ASSERT_EQ(dataset.pages[s], dataset.pages[lists.begin(p)]);
      ASSERT_TRUE(next == n || dataset.pages[next] != dataset.pages[lists.begin(p)]);
    }
    EXPECT_EQ(next, n);
    EXPECT_EQ(lists.bytes(), lists.pages() * 1000);
  }
}

TEST(LoaderOrder, PageListsOfASelectionLeaveOutPagesWithoutSamples) {
  TableDataset dataset(100, 10);
  dataset.large_pages = {0, 0, 0, 0, 5000, 0, 0, 7777, 0, 0};
  SampleList list(100);
  for (const uint64_t s : {3u, 5u, 9u, 40u, 70u, 71u, 72u, 99u}) list.push_back(s);
  const PageLists lists(dataset, &list);
  ASSERT_EQ(lists.pages(), 4u);
  EXPECT_EQ(lists.samples(), 8u);
  const std::vector<uint64_t> begins = {0, 3, 4, 7}, bytes = {1000, 5000, 7777, 1000};
  for (uint64_t p = 0; p < 4; ++p) {
    EXPECT_EQ(lists.begin(p), begins[p]);
    EXPECT_EQ(lists.bytes(p), bytes[p]);
  }
  EXPECT_EQ(lists.bytes(), 14'777u);
}

TEST(LoaderOrder, QuasiRandomIsABijectionForEverySize) {
  for (uint64_t n = 1; n <= 300; ++n) {
    const TableDataset dataset(n, 1 + n % 13);
    const PageLists lists(dataset);
    for (const uint64_t window : {uint64_t{0}, uint64_t{3000}, uint64_t{1} << 40, UINT64_MAX}) {
      const OrderPlan plan = OrderPlan::quasi_random(lists, window, 7, n);
      ASSERT_EQ(plan.size(), n);
      ASSERT_TRUE(is_permutation_of_all(all(plan))) << n << " window " << window;
    }
  }
}

/// The windows of an order: sets of pages that are used up together.
std::vector<std::set<uint64_t>> windows_of(const TableDataset& dataset, const OrderPlan& plan) {
  std::map<uint64_t, uint64_t> left;
  for (const uint64_t page : dataset.pages) ++left[page];
  std::vector<std::set<uint64_t>> windows(1);
  uint64_t open = 0;
  for (uint64_t position = 0; position < plan.size(); ++position) {
    const uint64_t page = dataset.pages[plan.at(position)];
    if (windows.back().insert(page).second) open += left[page];
    if (--open == 0 && position + 1 < plan.size()) windows.emplace_back();
  }
  return windows;
}

TEST(LoaderOrder, QuasiRandomStaysInWindows) {
  TableDataset dataset(1000);
  // Pages of 3 to 12 samples.
  for (uint64_t s = 0; s < 1000; ++s) dataset.pages[s] = s * s / 12'000;
  const PageLists lists(dataset);
  for (uint64_t epoch = 0; epoch < 10; ++epoch) {
    // 4,500 bytes of 1,000-byte pages: 4 or 5 of them.
    const OrderPlan plan = OrderPlan::quasi_random(lists, 4500, 7, epoch);
    const std::vector<std::set<uint64_t>> windows = windows_of(dataset, plan);
    std::set<uint64_t> done;
    std::vector<uint64_t> visited;
    for (const std::set<uint64_t>& window : windows) {
      EXPECT_GE(window.size(), 4u);
      EXPECT_LE(window.size(), 5u);
      for (const uint64_t page : window) {
        EXPECT_TRUE(done.insert(page).second) << "page " << page << " is visited in two windows";
        visited.push_back(page);
      }
    }
    EXPECT_EQ(done.size(), lists.pages());
    EXPECT_EQ(windows.size(), (lists.pages() * 1000 + 4499) / 4500);
    EXPECT_FALSE(std::is_sorted(visited.begin(), visited.end()));
  }
}

TEST(LoaderOrder, QuasiRandomCountsLargePagesByTheirSize) {
  TableDataset dataset(200, 10);
  dataset.large_pages.assign(20, 0);
  for (const uint64_t page : {2u, 5u, 11u}) dataset.large_pages[page] = 6000;
  const PageLists lists(dataset);
  ASSERT_EQ(lists.bytes(), 17'000u + 18'000u);
  for (uint64_t epoch = 0; epoch < 20; ++epoch) {
    const OrderPlan plan = OrderPlan::quasi_random(lists, 5000, 7, epoch);
    ASSERT_TRUE(is_permutation_of_all(all(plan)));
    for (const std::set<uint64_t>& window : windows_of(dataset, plan)) {
      uint64_t bytes = 0;
      for (const uint64_t page : window) bytes += dataset.large_pages[page] != 0 ? 6000 : 1000;
      EXPECT_LE(bytes, 5000u + 6000u) << "a window ends with the page that fills it";
    }
  }
}

TEST(LoaderOrder, QuasiRandomHasTheseValues) {
  TableDataset dataset(12, 3);
  const PageLists lists(dataset);
  EXPECT_EQ(all(OrderPlan::quasi_random(lists, 2000, 0, 0)),
            (std::vector<uint64_t>{2, 5, 4, 1, 0, 3, 11, 10, 9, 6, 8, 7}));
  EXPECT_EQ(all(OrderPlan::quasi_random(lists, 1000, 7, 1)),
            (std::vector<uint64_t>{9, 11, 10, 6, 7, 8, 4, 5, 3, 1, 2, 0}));
}

TEST(LoaderOrder, QuasiRandomMixesPagesOfAWindow) {
  const TableDataset dataset(800, 10);
  const PageLists lists(dataset);
  const OrderPlan plan = OrderPlan::quasi_random(lists, 8000, 7, 0);  // 8 pages, 80 samples a window
  std::set<std::vector<uint64_t>> patterns;
  for (uint64_t begin = 0; begin < 800; begin += 80) {
    std::set<uint64_t> pages, first_half;
    std::vector<uint64_t> in_page;
    for (uint64_t i = begin; i < begin + 80; ++i) {
      in_page.push_back(plan.at(i) % 10);
      pages.insert(dataset.pages[plan.at(i)]);
      if (i < begin + 40) first_half.insert(dataset.pages[plan.at(i)]);
    }
    EXPECT_EQ(pages.size(), 8u);
    EXPECT_EQ(first_half.size(), 8u) << "half of a window without one of its pages, each with 10 samples";
    EXPECT_TRUE(patterns.insert(in_page).second) << "two windows are mixed alike";
  }
}

TEST(LoaderOrder, QuasiRandomSpreadsSamplesOverPositions) {
  constexpr uint64_t kN = 48;
  constexpr int kEpochs = 4'000;
  const TableDataset dataset(kN, 6);
  const PageLists lists(dataset);
  std::vector<int> at(kN * kN);
  for (uint64_t e = 0; e < kEpochs; ++e) {
    const std::vector<uint64_t> samples = all(OrderPlan::quasi_random(lists, 3000, 5, e));
    for (uint64_t i = 0; i < kN; ++i) ++at[i * kN + samples[i]];
  }
  const double each = double(kEpochs) / double(kN);
  double chi = 0;
  for (const int c : at) chi += (c - each) * (c - each) / each;
  EXPECT_LT(std::abs(sigmas(chi * double(kN - 1) / double(kN), double((kN - 1) * (kN - 1)))), 4);
}

TEST(LoaderOrder, QuasiRandomChangesWithSeedAndEpoch) {
  const TableDataset dataset(500, 10);
  const PageLists lists(dataset);
  const auto order = [&](uint64_t seed, uint64_t epoch) {
    return all(OrderPlan::quasi_random(lists, 8000, seed, epoch));
  };
  EXPECT_EQ(order(1, 1), order(1, 1));
  EXPECT_NE(order(1, 1), order(1, 2));
  EXPECT_NE(order(1, 1), order(2, 1));
}

}  // namespace
}  // namespace headrace
