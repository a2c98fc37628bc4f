#include "cli/tune_choices.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headrace::cli {
namespace {

ScheduleOptions with(std::optional<int> vector_bits, std::optional<int> unroll = {},
                     std::optional<int> strip_rows = {}) {
  ScheduleOptions s;
  s.vector_bits = vector_bits;
  s.unroll = unroll;
  s.strip_rows = strip_rows;
  return s;
}

TEST(TuneComparison, NeedsAFewRoundsToSayAnything) {
  EXPECT_TRUE(std::isinf(compare({}).noise));
  EXPECT_FALSE(compare({}).better());
  EXPECT_TRUE(std::isinf(compare({2, 2, 2, 2}).noise));
  EXPECT_FALSE(compare({2, 2, 2, 2}).better());
  EXPECT_TRUE(compare({2, 2, 2, 2, 2}).better());
}

TEST(TuneComparison, IsTheMedianAndNotMovedByOneDisturbance) {
  const Comparison c = compare({1.05, 1.06, 1.04, 0.4, 1.05, 1.055, 1.045});
  EXPECT_DOUBLE_EQ(c.ratio, 1.05);
  EXPECT_TRUE(c.better());
  EXPECT_DOUBLE_EQ(compare({1, 1.5, 1, 1.5, 1.2, 1.3}).ratio, 1.25);
}

TEST(TuneComparison, IsNotTakenInByNoise) {
  EXPECT_FALSE(compare({1.10, 0.95, 1.02, 0.98, 1.07, 1.01, 0.93}).better());
  EXPECT_FALSE(compare({1.004, 1.004, 1.004, 1.004, 1.004}).better()) << "half a percent is always noise";
  EXPECT_DOUBLE_EQ(compare({1.004, 1.004, 1.004, 1.004, 1.004}).noise, 0.005);
  // More rounds tell more.
  std::vector<double> few = {1.00, 1.02, 1.04, 1.01, 1.03}, many;
  for (int i = 0; i < 20; ++i) many.insert(many.end(), few.begin(), few.end());
  EXPECT_FALSE(compare(few).better());
  EXPECT_TRUE(compare(many).better());
}

TEST(TuneSchedules, BeginWithTheDefaultAndEachValueAlone) {
  const std::vector<ScheduleOptions> first = first_schedules();
  size_t values = 0;
  for (const ScheduleField& f : schedule_fields()) values += f.values.size();
  ASSERT_EQ(first.size(), 1 + values);
  EXPECT_EQ(first[0], ScheduleOptions{});
  EXPECT_EQ(first[1], with(128));
}

TEST(TuneSchedules, GoOnWithTheBetterOnesAndTheirCombinations) {
  const Comparison none{1, 0.005}, better{1.05, 0.01}, best{1.1, 0.01}, unsure{1.05, 0.06};
  EXPECT_TRUE(next_schedules({{{}, none}, {with(512), unsure}, {with({}, 2), none}}).empty());
  EXPECT_EQ(next_schedules({{{}, none}, {with(512), better}, {with({}, 2), unsure}}),
            (std::vector<ScheduleOptions>{with(512)}));
  // The best value of each choice; in the order of the choices.
  EXPECT_EQ(next_schedules({{{}, none},
                            {with(128), better},
                            {with(512), best},
                            {with({}, 2), better},
                            {with({}, {}, 8), better}}),
            (std::vector<ScheduleOptions>{with(128), with(512), with({}, {}, 8), with({}, 2),
                                          with(512, {}, 8), with(512, 2), with({}, 2, 8), with(512, 2, 8)}));
}

TEST(TuneSchedules, TheBestIsTheSimplestOfThoseThatCannotBeToldApart) {
  const Comparison none{1, 0.005};
  EXPECT_EQ(best_schedule({{{}, none}}), 0u);
  EXPECT_EQ(best_schedule({{{}, none}, {with(512), {1.2, 0.3}}, {with(128), {0.9, 0.01}}}), 0u);
  EXPECT_EQ(best_schedule({{{}, none},
                           {with(512), {1.05, 0.01}},
                           {with({}, 2), {1.10, 0.01}},
                           {with(512, 2), {1.105, 0.01}}}),
            2u);
  EXPECT_EQ(
      best_schedule(
          {{{}, none}, {with(512), {1.05, 0.01}}, {with({}, 2), {1.10, 0.01}}, {with(512, 2), {1.15, 0.01}}}),
      3u);
  // Lower on paper, and simpler, but not better than the default.
  EXPECT_EQ(best_schedule({{{}, none}, {with(512), {1.02, 0.03}}, {with(128, 2), {1.04, 0.01}}}), 2u);
}

}  // namespace
}  // namespace headrace::cli
