// Draws with replacement: frequencies as the weights say, pure functions of the position, errors.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "runtime/loader/alias_table.h"
#include "runtime/loader/sequence.h"
#include "runtime/loader/sequence_random.h"
#include "sequence_testing.h"
#include "statistics_testing.h"

namespace headrace {
namespace {

using testing::chi_square;
using testing::chi_square_p;
using testing::items;
using testing::samples;
using testing::TableDataset;

constexpr double kP = 0.001;
constexpr uint64_t kPositionKey = uint64_t{1} << 63;

class Draws : public ::testing::Test {
 protected:
  static constexpr uint64_t kN = 50;

  Draws() {
    options.batch_size = 10;
    options.seed = 9;
    for (uint64_t s = 0; s < kN; ++s) {
      weights.push_back(s % 5 == 3 ? 0 : 0.5 + double(s * s));
      labels.push_back(s < 3 ? -7 : s < 40 ? 100 : int64_t(s % 2));
    }
    dataset->add_reals("w", weights);
    dataset->add_integers("label", labels);
    dataset->add_bytes("key");
  }
  std::unique_ptr<SequencePlan> plan() {
    Expected<std::unique_ptr<SequencePlan>> made = SequencePlan::create(dataset, options);
    EXPECT_TRUE(made.ok()) << made.status().to_string();
    return made.ok() ? std::move(*made) : nullptr;
  }
  std::string error() { return SequencePlan::create(dataset, options).status().to_string(); }

  /// How often each sample is drawn in an epoch of 100,000.
  std::vector<double> counts() {
    options.selection.draws = 100'000;
    std::vector<double> list(kN);
    for (const uint64_t s : samples(**plan()->epoch(3))) ++list[s];
    return list;
  }

  std::shared_ptr<TableDataset> dataset = std::make_shared<TableDataset>(kN);
  std::vector<double> weights;
  std::vector<int64_t> labels;
  LoaderOptions options;
};

/// p-value of counts against expected frequencies; 0 if something came that never may.
double p_of(const std::vector<double>& counts, const std::vector<double>& weights) {
  double sum = 0, all = 0;
  for (const double w : weights) sum += w;
  for (const double c : counts) all += c;
  std::vector<double> seen, expected;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (weights[i] == 0 && counts[i] != 0) return 0;
    if (weights[i] == 0) continue;
    seen.push_back(counts[i]);
    expected.push_back(weights[i] / sum * all);
  }
  return chi_square_p(chi_square(seen, expected), double(seen.size()) - 1);
}

TEST_F(Draws, FollowTheWeightsOfAField) {
  options.selection.weight_field = "w";
  const std::vector<double> from_field = counts();
  EXPECT_GT(p_of(from_field, weights), kP);
  options.selection.weight_field.clear();
  options.selection.weights = weights;
  EXPECT_EQ(counts(), from_field) << "the same weights, given as numbers";
}

TEST_F(Draws, FollowTheWeightsOfAnIntegerField) {
  std::vector<int64_t> copies(kN);
  for (uint64_t s = 0; s < kN; ++s) copies[s] = int64_t(s % 4);
  dataset->add_integers("copies", copies);
  options.selection.weight_field = "copies";
  EXPECT_GT(p_of(counts(), std::vector<double>(copies.begin(), copies.end())), kP);
}

TEST_F(Draws, BalanceClasses) {
  options.selection.balance_field = "label";
  std::vector<double> expected(kN);
  for (uint64_t s = 0; s < kN; ++s) {
    expected[s] = 1.0 / 4 / double(std::count(labels.begin(), labels.end(), labels[s]));
  }
  EXPECT_GT(p_of(counts(), expected), kP);
}

TEST_F(Draws, OfASelectionFollowItsWeights) {
  options.selection.filter = "label == 100";
  options.selection.weight_field = "w";
  std::vector<double> expected = weights;
  for (uint64_t s = 0; s < kN; ++s) expected[s] *= labels[s] == 100;
  EXPECT_GT(p_of(counts(), expected), kP);
  options.selection.filter = "label != 100";
  options.selection.weight_field.clear();
  options.selection.balance_field = "label";
  for (uint64_t s = 0; s < kN; ++s) {
    expected[s] = labels[s] == 100 ? 0 : 1.0 / double(std::count(labels.begin(), labels.end(), labels[s]));
  }
  EXPECT_GT(p_of(counts(), expected), kP);
}

TEST_F(Draws, AreIndependentOfOneAnother) {
  options.selection.balance_field = "label";
  options.selection.draws = 100'000;
  const std::vector<uint64_t> list = samples(**plan()->epoch(0));
  const std::vector<int64_t> classes = {-7, 0, 1, 100};
  const auto number = [&](uint64_t s) {
    return uint64_t(std::find(classes.begin(), classes.end(), labels[s]) - classes.begin());
  };
  std::vector<double> pairs(16);
  for (size_t i = 0; i + 1 < list.size(); i += 2) ++pairs[number(list[i]) * 4 + number(list[i + 1])];
  EXPECT_GT(p_of(pairs, std::vector<double>(16, 1)), kP);
}

TEST_F(Draws, AreAsManyAsAskedForAndKeyedByPosition) {
  options.selection.weight_field = "w";
  EXPECT_EQ(plan()->samples_per_epoch(), 50u);
  options.selection.draws = 75;
  EXPECT_EQ(plan()->samples_per_epoch(), 70u);
  options.tail = Tail::pad;
  EXPECT_EQ(plan()->samples_per_epoch(), 75u);
  const std::vector<SequenceItem> padded = items(**plan()->epoch(0));
  ASSERT_EQ(padded.size(), 80u);
  for (uint64_t p = 0; p < 75; ++p) EXPECT_EQ(padded[p].draw_key, kPositionKey | p);
  for (uint64_t p = 75; p < 80; ++p) EXPECT_EQ(padded[p].sample, SequenceItem::kPadding);
  options.tail = Tail::wrap;
  const std::vector<SequenceItem> wrapped = items(**plan()->epoch(0));
  for (uint64_t p = 75; p < 80; ++p) {
    EXPECT_EQ(wrapped[p].sample, wrapped[p - 75].sample);
    EXPECT_EQ(wrapped[p].draw_key, kPositionKey | p);
  }
  EXPECT_NE(samples(**plan()->epoch(0)), samples(**plan()->epoch(1)));
}

TEST_F(Draws, SubstituteAnotherSampleWithTheSameWeights) {
  options.selection.weight_field = "w";
  const std::shared_ptr<const EpochSequence> sequence = *plan()->epoch(0);
  std::set<uint64_t> seen;
  for (uint32_t attempt = 0; attempt < 200; ++attempt) {
    const SequenceItem item = sequence->substitute(4, attempt);
    EXPECT_NE(item.sample, sequence->at(4).sample);
    EXPECT_EQ(item.draw_key, kPositionKey | 4);
    EXPECT_GT(weights[item.sample], 0);
    EXPECT_EQ(sequence->substitute(4, attempt).sample, item.sample);
    seen.insert(item.sample);
  }
  EXPECT_GT(seen.size(), 20u);
  options.selection = {};
  options.selection.weights.assign(kN, 0);
  options.selection.weights[8] = 1;
  EXPECT_EQ((*plan()->epoch(0))->substitute(4, 0).sample, 8u) << "no other can be drawn";
}

TEST_F(Draws, ChangeTheKey) {
  std::set<uint64_t> keys = {plan()->key()};
  options.selection.weight_field = "w";
  EXPECT_TRUE(keys.insert(plan()->key()).second);
  options.selection.weight_field.clear();
  options.selection.weights = weights;
  EXPECT_FALSE(keys.insert(plan()->key()).second) << "the same weights";
  options.selection.weights[0] *= 2;
  EXPECT_TRUE(keys.insert(plan()->key()).second);
  options.selection.weights.clear();
  options.selection.balance_field = "label";
  EXPECT_TRUE(keys.insert(plan()->key()).second);
  options.selection.draws = 60;
  EXPECT_TRUE(keys.insert(plan()->key()).second);
}

TEST_F(Draws, ErrorsNameFieldSampleAndWeight) {
  options.selection.draws = 7;
  EXPECT_EQ(error(),
            "error[loader.weights] table.hrd: draws is 7, but nothing says with which weights to draw");
  options.selection.draws = 0;
  options.selection.weight_field = "w";
  options.selection.balance_field = "label";
  EXPECT_EQ(error(),
            "error[loader.weights] table.hrd: only one of weights, weight_field and balance_field can say "
            "what draws are "
            "weighted by");
  options.selection.balance_field.clear();
  options.order = Order::quasi_random;
  EXPECT_EQ(error(),
            "error[loader.weights] table.hrd: draws with weights are in random order, which \"quasi_random\" "
            "is not");
  options.order = Order::random;
  options.selection.weight_field = "weight";
  EXPECT_EQ(error(),
            "error[loader.weights] table.hrd: the dataset has no field \"weight\"; expected an i64 or f64 "
            "field: w, label");
  options.selection.weight_field = "key";
  EXPECT_EQ(
      error(),
      "error[loader.weights] table.hrd: the field \"key\" is bytes; expected an i64 or f64 field: w, label");
  options.selection.weight_field.clear();
  options.selection.balance_field = "w";
  EXPECT_EQ(error(), "error[loader.weights] table.hrd: the field \"w\" is f64; expected an i64 field: label");
  options.selection.balance_field.clear();
  options.selection.weights = {1, 2, 3};
  EXPECT_EQ(error(), "error[loader.weights] table.hrd: 3 weights were given for 50 samples");
  options.selection.weights.assign(kN, 0);
  EXPECT_EQ(error(), "error[loader.weights] table.hrd: the weights of all 50 selected samples are 0");
  for (const auto& [wrong, text] : std::vector<std::pair<double, std::string>>{
           {-0.5, "-0.5"}, {std::numeric_limits<double>::infinity(), "inf"}, {std::nan(""), "nan"}}) {
    options.selection.weights[12] = wrong;
    EXPECT_EQ(error(), "error[loader.weights] table.hrd: the weight of sample 12 (k12) is " + text +
                           "; expected a finite number of at least 0");
  }
  options.selection.weights.assign(kN, 1);
  options.selection.draws = (uint64_t{1} << 60) + 1;
  EXPECT_EQ(error(),
            "error[loader.weights] table.hrd: 1152921504606846977 draws are more than the "
            "1152921504606846976 an epoch "
            "may have");
  options.selection = {};
  options.selection.weight_field = "w";
  dataset->broken = 9;
  EXPECT_EQ(error(), "error[data.record] table.hrd: broken");
}

// --- the table ---

TEST(AliasTable, SharesAreExact) {
  // Columns are equally likely, and every unit of a column: count the units that lead to each index.
  const std::vector<std::vector<double>> cases = {
      {1}, {0, 3}, {1, 2, 3, 4}, {5, 0, 0, 1e-3, 7, 7}, {1e300, 1e300, 5e299}, {1e-300, 2e-300, 0}};
  for (const std::vector<double>& weights : cases) {
    const AliasTable table(weights);
    const size_t n = weights.size();
    double sum = 0, largest = 0;
    for (const double w : weights) largest = std::max(largest, w);
    for (const double w : weights) sum += w / largest;
    // 20,000 evenly spaced numbers per column find a share to 1 in 20,000 of a column.
    constexpr uint64_t kSteps = 20'000;
    std::vector<double> share(n);
    for (uint64_t column = 0; column < n; ++column) {
      for (uint64_t step = 0; step < kSteps; ++step) {
        const uint64_t first = UINT64_MAX / n * column + UINT64_MAX / n / 2;
        share[table.draw(first, UINT64_MAX / kSteps * step)] += 1.0 / double(kSteps * n);
      }
    }
    for (size_t i = 0; i < n; ++i)
      EXPECT_NEAR(share[i], weights[i] / largest / sum, 1.0 / double(kSteps)) << i;
  }
}

TEST(AliasTable, SmallWeightsAreNotRoundedToNothing) {
  const std::vector<double> weights = {1e-200, 1};
  const AliasTable table(weights);
  EXPECT_EQ(table.draw(0, 0), 0u);
  EXPECT_EQ(table.draw(0, UINT64_MAX / 2), 1u);
  EXPECT_EQ(table.draw(UINT64_MAX, UINT64_MAX), 1u);
}

TEST(AliasTable, WorksForAMillionWeights) {
  constexpr uint64_t kMany = 1'000'003;
  std::vector<double> weights(kMany);
  for (uint64_t i = 0; i < kMany; ++i) weights[i] = i % 1000 == 0 ? 1000 : i % 7 == 0 ? 0 : 1;
  const AliasTable table(weights);
  double heavy = 0, sum = 0, heavy_sum = 0;
  for (uint64_t i = 0; i < kMany; ++i) {
    sum += weights[i];
    heavy_sum += weights[i] == 1000 ? 1000 : 0;
  }
  constexpr uint64_t kDraws = 200'000;
  for (uint64_t d = 0; d < kDraws; ++d) {
    const sequence_random::Pair random = sequence_random::hash_pair(1, d, 0, 0);
    const uint64_t i = table.draw(random.first, random.second);
    ASSERT_LT(i, kMany);
    ASSERT_GT(weights[i], 0);
    heavy += weights[i] == 1000;
  }
  const double expected = kDraws * heavy_sum / sum;
  EXPECT_GT(chi_square_p(chi_square({heavy, kDraws - heavy}, {expected, kDraws - expected}), 1), kP);
}

}  // namespace
}  // namespace headrace
