// 100 pipelines up the ladder, a quarter in each test. `headrace_ladder` runs more.
#include "tests/ladder/ladder.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/ladder/tally.h"

namespace headrace::ladder {
namespace {

constexpr uint64_t kSeed = 1, kPipelines = 25;

void climb_all(uint64_t first) {
  Ladder ladder;
  Tally tally;
  for (uint64_t n = first; n < first + kPipelines; ++n) {
    const LadderCase c = random_case(kSeed, n);
    const Expected<Climb> climb = ladder.climb(c);
    ASSERT_TRUE(climb.ok()) << "pipeline " << n << ": " << climb.status().to_string() << "\n" << c.spec;
    const auto& failure = climb->failure;
    ASSERT_FALSE(failure.has_value()) << "pipeline " << n << ": headrace_ladder --seed " << kSeed
                                      << " --first " << n << " --pipelines 1 makes it smaller\n"
                                      << to_text(c, *failure);
    tally.add(*climb);
  }
  std::printf("%s\n", tally.text().c_str());
  for (size_t i = 0; i < kRungKinds.size(); ++i)
    EXPECT_GT(tally.runs[i], kPipelines / 2) << kRungKinds[i] << " was hardly ever run";
  for (size_t i = 0; i < kEncodingKinds.size(); ++i)
    EXPECT_GT(tally.kinds[i], 2u) << kEncodingKinds[i] << " was hardly ever run";
}

TEST(Ladder, FirstQuarter) { climb_all(0); }
TEST(Ladder, SecondQuarter) { climb_all(kPipelines); }
TEST(Ladder, ThirdQuarter) { climb_all(2 * kPipelines); }
TEST(Ladder, FourthQuarter) { climb_all(3 * kPipelines); }

TEST(LadderCases, AreReproducibleAndSurviveAsText) {
  for (uint64_t n = 0; n < 50; ++n) {
    const LadderCase c = random_case(3, n);
    EXPECT_TRUE(c == random_case(3, n));
    const auto again = parse_case(to_text(c, {"loop 256", "a byte"}));
    ASSERT_TRUE(again.ok()) << again.status().to_string();
    EXPECT_TRUE(*again == c) << to_text(c, {});
  }
  EXPECT_FALSE(random_case(3, 1) == random_case(4, 1));
}

TEST(LadderCases, WhatIsNoCaseIsRefused) {
  const auto error = [](const char* text) { return parse_case(text).status().to_string(); };
  EXPECT_EQ(error("{"), "error[ladder.case] is no JSON object with \"headrace_ladder\": 1");
  EXPECT_EQ(error(R"({"headrace_ladder": 2})"),
            "error[ladder.case] is no JSON object with \"headrace_ladder\": 1");
  EXPECT_EQ(error(R"({"headrace_ladder": 1})"), "error[ladder.case] has no object \"spec\"");
  EXPECT_EQ(error(R"({"headrace_ladder": 1, "spec": {}})"), "error[ladder.case] has no list \"samples\"");
  EXPECT_EQ(error(R"({"headrace_ladder": 1, "spec": {}, "samples": [{"kind": "png"}]})"),
            "error[ladder.case] has a sample that cannot be made: 1x1 png");
  EXPECT_EQ(error(R"({"headrace_ladder": 1, "spec": {}, "samples": [], "batch_size": 3})"),
            "error[ladder.case] has a batch_size that is not even, from 2 to 1024");
}

}  // namespace
}  // namespace headrace::ladder
