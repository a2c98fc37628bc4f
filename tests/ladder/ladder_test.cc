// 100 pipelines up the ladder, a quarter in each test. `headrace_ladder` runs more.
#include "tests/ladder/ladder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/compiler/random_calls.h"
#include "tests/ladder/spec_edits.h"
#include "tests/ladder/tally.h"

namespace headrace::ladder {
namespace {

using Json = nlohmann::ordered_json;

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
  EXPECT_GT(tally.calling, kPipelines / 5) << "functions were hardly ever called";
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

// What stands before and after a call, by name; arithmetic is what changes values of pixels one by one.
std::string kind_of(const Json& ops, size_t i) {
  if (i >= ops.size()) return "the end";
  const std::string op = ops[i].value("op", ops[i].value("use", ""));
  if (op.ends_with("crop") && !op.ends_with("resized_crop")) return "a crop";
  if (op.ends_with("flip")) return "a flip";
  if (op.starts_with("resize") || op.ends_with("resized_crop")) return "a resize";
  return op == "normalize" || op == "convert" || op == "map" ? "arithmetic" : op;
}

// Of the pipelines that the tests above run.
TEST(LadderCases, CallEveryFunctionInEveryPlace) {
  std::map<std::string, int> calls;
  for (uint64_t n = 0; n < 4 * kPipelines; ++n) {
    const Json spec = Json::parse(random_case(kSeed, n).spec);
    for (const auto& [name, ops] : spec["outputs"].items()) {
      for (size_t i = 0; i < ops.size(); ++i) {
        if (ops[i].value("op", "") != "call") continue;
        ++calls[ops[i].value("symbol", "") + " " + ops[i].value("per", "")];
        ++calls["after " + kind_of(ops, i - 1)];
        ++calls["before " + kind_of(ops, i + 1)];
      }
    }
  }
  for (const testing::UserFunction& f : testing::user_functions()) {
    EXPECT_GT(calls[std::string(f.symbol) + " image"], 0) << f.symbol;
    EXPECT_EQ(calls[std::string(f.symbol) + " row"] > 0, f.by_row) << f.symbol;
  }
  for (const char* place :
       {"after decode", "after a resize", "after a crop", "after a flip", "after arithmetic", "after call",
        "before a resize", "before a crop", "before a flip", "before arithmetic", "before call",
        "before layout", "before the end"}) {
    EXPECT_GT(calls[place], 1) << place;
  }
}

// A call can be made simpler as long as it is not the simplest, and what it becomes is a valid spec.
TEST(LadderCases, CallsAreMadeSimpler) {
  const auto spec = [](const std::string& op) {
    return Json::parse(R"({"headrace": 1, "outputs": {"x": [{"op": "decode", "field": "image"},
        {"op": "resize", "size": [8, 8]}, )" +
                       op + "]}}")
        .dump();
  };
  const auto call = [](const std::string& symbol, const std::string& rest) {
    return R"({"op": "call", "symbol": ")" + symbol + R"(", "library": "user_functions.so", )" + rest + "}";
  };
  const auto becomes = [&](const std::string& from, const std::string& to) {
    const std::vector<std::string> simpler = simpler_specs(spec(from));
    return std::find(simpler.begin(), simpler.end(), spec(to)) != simpler.end();
  };
  EXPECT_TRUE(becomes(call("rarely", R"("per": "row")"), call("invert", R"("per": "row")")));
  EXPECT_TRUE(becomes(call("rarely", R"("per": "row")"), call("rarely", R"("per": "image")")));
  EXPECT_FALSE(becomes(call("rarely", R"("per": "image")"), call("rarely", R"("per": "row")")));
  EXPECT_TRUE(becomes(call("mark", R"("per": "row", "out": "f32")"),
                      R"({"op": "convert", "dtype": "f32", "scale": 1})"));
  EXPECT_TRUE(becomes(
      R"({"op": "map", "expr": "x", "dtype": "f32"}, )" + call("floor_u8", R"("per": "row", "in": "f32")"),
      R"({"op": "map", "expr": "x", "dtype": "f32"}, {"op": "convert", "dtype": "u8"})"));
}

// A function that is declared with other types than it has would write beyond its image.
TEST(LadderCases, SimplerCallsHaveTheTypesOfTheirFunctions) {
  std::map<std::string, std::pair<std::string, std::string>> types;
  for (const testing::UserFunction& f : testing::user_functions())
    types[std::string(f.symbol)] = {std::string(f.in), std::string(f.out)};
  int calls = 0;
  for (uint64_t n = 0; n < 50; ++n) {
    for (const std::string& text : simpler_specs(random_case(kSeed, n).spec)) {
      const Json spec = Json::parse(text);
      for (const auto& [name, ops] : spec["outputs"].items()) {
        for (const Json& op : ops) {
          if (op.value("op", "") != "call") continue;
          ++calls;
          const std::pair<std::string, std::string> declared = {op.value("in", "u8"), op.value("out", "u8")};
          ASSERT_EQ(declared, types.at(op["symbol"].get<std::string>())) << text;
        }
      }
    }
  }
  EXPECT_GT(calls, 100);
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
