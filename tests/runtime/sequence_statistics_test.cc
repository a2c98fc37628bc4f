// Orders are even: over 1,000 epochs every sample stands everywhere, next to everything, as often as chance
// has it. Seeds are fixed, so a p-value is the same in every run; 0.001 is what each must exceed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "runtime/loader/sequence.h"
#include "sequence_testing.h"
#include "statistics_testing.h"

namespace headrace {
namespace {

using testing::chi_square;
using testing::chi_square_p;
using testing::samples;
using testing::TableDataset;

constexpr uint64_t kEpochs = 1000;
constexpr double kP = 0.001;

/// Epochs of the order, each the samples by position.
std::vector<std::vector<uint64_t>> epochs_of(std::shared_ptr<const TableDataset> dataset, Order order,
                                             uint64_t window_bytes, uint64_t seed) {
  LoaderOptions options;
  options.batch_size = 1;
  options.order = order;
  options.seed = seed;
  options.window_bytes = window_bytes;
  const Expected<std::unique_ptr<SequencePlan>> plan = SequencePlan::create(dataset, options);
  EXPECT_TRUE(plan.ok());
  std::vector<std::vector<uint64_t>> epochs;
  for (uint64_t e = 0; e < kEpochs; ++e) epochs.push_back(samples(**(*plan)->epoch(e)));
  return epochs;
}

double p_of(const std::vector<double>& counts) {
  double sum = 0;
  for (const double c : counts) sum += c;
  const double n = double(counts.size());
  return chi_square_p(chi_square(counts, std::vector<double>(counts.size(), sum / n)), n - 1);
}

/// Position of a sample over the epochs.
std::vector<double> positions_of(const std::vector<std::vector<uint64_t>>& epochs, uint64_t sample) {
  std::vector<double> counts(epochs.front().size());
  for (const std::vector<uint64_t>& order : epochs) {
    ++counts[uint64_t(std::find(order.begin(), order.end(), sample) - order.begin())];
  }
  return counts;
}

TEST(SequenceStatistics, TheTestItselfKnowsItsDistribution) {
  // Tables: the value that chance exceeds in 1 of 1,000, 5 of 100 and half of the cases.
  EXPECT_NEAR(chi_square_p(10.828, 1), 0.001, 1e-6);
  EXPECT_NEAR(chi_square_p(29.588, 10), 0.001, 1e-6);
  EXPECT_NEAR(chi_square_p(124.342, 100), 0.05, 1e-5);
  EXPECT_NEAR(chi_square_p(99.334, 100), 0.5, 1e-4);
  EXPECT_NEAR(chi_square_p(1143.917, 1000), 0.001, 1e-5);
}

TEST(SequenceStatistics, RandomPutsEverySampleEverywhere) {
  for (const uint64_t n : {17u, 60u, 130u}) {
    const auto epochs = epochs_of(std::make_shared<TableDataset>(n), Order::random, 0, 1);
    std::vector<double> at(n * n);
    for (const std::vector<uint64_t>& order : epochs) {
      for (uint64_t p = 0; p < n; ++p) ++at[p * n + order[p]];
    }
    // Every epoch adds a permutation: rows and columns have fixed sums, which makes cells vary a little less.
    const double chi = chi_square(at, std::vector<double>(n * n, double(kEpochs) / double(n)));
    const double p = chi_square_p(chi * double(n - 1) / double(n), double((n - 1) * (n - 1)));
    EXPECT_GT(p, kP) << n;
    EXPECT_LT(p, 1 - kP) << n << ": more even than chance";
    for (const uint64_t sample : {uint64_t{0}, n / 2, n - 1})
      EXPECT_GT(p_of(positions_of(epochs, sample)), kP) << n;
  }
}

TEST(SequenceStatistics, RandomPutsEverySampleBeforeEveryOther) {
  constexpr uint64_t kN = 60;
  const auto epochs = epochs_of(std::make_shared<TableDataset>(kN), Order::random, 0, 2);
  std::vector<double> distance(kN - 1), next(kN - 1);
  for (const std::vector<uint64_t>& order : epochs) {
    for (uint64_t p = 0; p + 1 < kN; ++p) {
      ++distance[(order[p + 1] + kN - order[p]) % kN - 1];
      if (order[p] == 20) ++next[order[p + 1] < 20 ? order[p + 1] : order[p + 1] - 1];
    }
  }
  EXPECT_GT(p_of(distance), kP);
  EXPECT_GT(p_of(next), kP);
}

TEST(SequenceStatistics, EpochsAreIndependent) {
  constexpr uint64_t kN = 40;
  const auto epochs = epochs_of(std::make_shared<TableDataset>(kN), Order::random, 0, 3);
  // Where a sample of one epoch stands in the next.
  std::vector<double> moved(kN);
  for (uint64_t e = 0; e + 1 < kEpochs; ++e) {
    const std::vector<uint64_t>& next = epochs[e + 1];
    ++moved[uint64_t(std::find(next.begin(), next.end(), epochs[e][7]) - next.begin())];
  }
  EXPECT_GT(p_of(moved), kP);
}

class QuasiRandom : public ::testing::Test {
 protected:
  // 12 pages of 5 samples; windows of 3 pages.
  static constexpr uint64_t kN = 60, kPage = 5, kPages = 12, kWindow = 15, kWindows = 4;
  const std::vector<std::vector<uint64_t>> epochs =
      epochs_of(std::make_shared<TableDataset>(kN, kPage), Order::quasi_random, 3000, 4);
};

TEST_F(QuasiRandom, PutsEverySampleEverywhere) {
  int surprises = 0;
  for (uint64_t sample = 0; sample < kN; ++sample) surprises += p_of(positions_of(epochs, sample)) < 0.01;
  EXPECT_LE(surprises, 4) << "of 60 samples, chance has 0.6";
  for (const uint64_t sample : {0u, 33u, 59u}) EXPECT_GT(p_of(positions_of(epochs, sample)), kP) << sample;
  std::vector<double> at(kN);  // of the samples of a page together: within a window they shift each other
  for (const std::vector<uint64_t>& order : epochs) {
    for (uint64_t p = 0; p < kN; ++p) at[p] += order[p] / kPage == 7;
  }
  EXPECT_GT(p_of(at), kP);
}

TEST_F(QuasiRandom, PutsEveryPageIntoEveryWindow) {
  std::vector<double> in(kPages * kWindows);
  for (const std::vector<uint64_t>& order : epochs) {
    for (uint64_t p = 0; p < kN; ++p) in[order[p] / kPage * kWindows + p / kWindow] += 1.0 / double(kPage);
  }
  for (uint64_t page = 0; page < kPages; ++page) {
    const auto first = in.begin() + int64_t(page * kWindows);
    EXPECT_GT(p_of({first, first + int64_t(kWindows)}), kP) << "page " << page;
  }
}

TEST_F(QuasiRandom, MixesPagesWithinAWindow) {
  // Neighbours within a window come from the same page as often as chance has it: 4 of the 14 others do.
  double same = 0, all = 0;
  for (const std::vector<uint64_t>& order : epochs) {
    for (uint64_t p = 0; p < kN; ++p) {
      if (p % kWindow == kWindow - 1) continue;
      same += order[p] / kPage == order[p + 1] / kPage;
      ++all;
    }
  }
  const double expected = all * 4 / 14;
  EXPECT_GT(chi_square_p(chi_square({same, all - same}, {expected, all - expected}), 1), kP);
}

TEST_F(QuasiRandom, PutsEveryPageWithEveryOther) {
  // Which page's samples share a window with those of page 3: each of the 11 others in 2 of 11 epochs.
  std::vector<double> with(kPages);
  for (const std::vector<uint64_t>& order : epochs) {
    const auto window = uint64_t(std::find(order.begin(), order.end(), 3 * kPage) - order.begin()) / kWindow;
    for (uint64_t p = window * kWindow; p < (window + 1) * kWindow; ++p)
      with[order[p] / kPage] += 1.0 / double(kPage);
  }
  EXPECT_EQ(std::lround(with[3]), int64_t(kEpochs));
  with.erase(with.begin() + 3);
  EXPECT_GT(p_of(with), kP);
}

}  // namespace
}  // namespace headrace
