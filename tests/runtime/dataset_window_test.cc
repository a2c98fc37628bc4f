#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "runtime/dataset/ordered_window.h"
#include "runtime/dataset/permutation.h"

namespace headrace {
namespace {

TEST(OrderedWindow, ResultsComeInOrderWithinWindowAndBudget) {
  constexpr uint64_t kCount = 500, kWindow = 7, kBudget = 10;
  OrderedWindow<uint64_t> window(kCount, kWindow, kBudget);
  std::atomic<int64_t> held{0}, most{0};
  std::atomic<uint64_t> taken{0}, farthest{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (const auto p = window.claim()) {
        uint64_t ahead = *p - taken.load(), seen = farthest.load();
        while (ahead > seen && !farthest.compare_exchange_weak(seen, ahead)) {
        }
        const int64_t bytes = static_cast<int64_t>(1 + *p % 4);
        ASSERT_TRUE(window.reserve(*p, static_cast<uint64_t>(bytes)));
        const int64_t now = held += bytes;
        int64_t before = most.load();
        while (now > before && !most.compare_exchange_weak(before, now)) {
        }
        window.put(*p, *p * 3);
      }
    });
  }
  for (uint64_t i = 0; i < kCount; ++i) {
    const auto r = window.take();
    ASSERT_TRUE(r.has_value());
    ASSERT_EQ(*r, i * 3);
    held -= static_cast<int64_t>(1 + i % 4);
    window.release();
    ++taken;
  }
  EXPECT_FALSE(window.take().has_value());
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(held.load(), 0);
  // The position whose turn it is may go over the budget alone: by at most its own 4 bytes.
  EXPECT_LE(most.load(), static_cast<int64_t>(kBudget) + 4);
  EXPECT_LE(farthest.load(), kWindow);
}

TEST(OrderedWindow, OnePositionMayTakeMoreThanTheBudget) {
  OrderedWindow<int> window(2, 2, 10);
  ASSERT_EQ(window.claim(), 0u);
  ASSERT_EQ(window.claim(), 1u);
  ASSERT_TRUE(window.reserve(0, 1000));
  std::thread other([&] {
    EXPECT_TRUE(window.reserve(1, 5));
    window.put(1, 11);
  });
  window.put(0, 10);
  EXPECT_EQ(window.take(), 10);
  window.release();
  EXPECT_EQ(window.take(), 11);
  window.release();
  other.join();
}

TEST(OrderedWindow, StopEndsWaiters) {
  OrderedWindow<int> window(10, 1, 10);
  ASSERT_EQ(window.claim(), 0u);
  std::thread other([&] { EXPECT_EQ(window.claim(), std::nullopt); });
  window.stop();
  other.join();
  EXPECT_FALSE(window.reserve(0, 1));
}

TEST(KeyedPermutation, IsAPermutationAndDependsOnTheSeed) {
  const std::vector<uint64_t> a = keyed_permutation(1000, 0), b = keyed_permutation(1000, 1);
  EXPECT_EQ(std::set<uint64_t>(a.begin(), a.end()).size(), 1000u);
  EXPECT_EQ(*std::max_element(a.begin(), a.end()), 999u);
  EXPECT_NE(a, b);
  EXPECT_NE(a, keyed_permutation(1000, uint64_t{1} << 32));
  EXPECT_EQ(a, keyed_permutation(1000, 0));
}

TEST(KeyedPermutation, SmallCounts) {
  EXPECT_TRUE(keyed_permutation(0, 5).empty());
  EXPECT_EQ(keyed_permutation(1, 5), std::vector<uint64_t>{0});
}

// Files must not change: this order is part of "the same input gives the same bytes".
TEST(KeyedPermutation, FixedValues) {
  EXPECT_EQ(keyed_permutation(8, 0), (std::vector<uint64_t>{0, 1, 7, 4, 2, 5, 6, 3}));
}

}  // namespace
}  // namespace headrace
