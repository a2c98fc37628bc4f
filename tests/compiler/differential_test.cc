// Random pipelines on random samples: the graph interpreter, the loop interpreter and generated code at every
// level give the same bytes and the same errors. HEADRACE_PIPELINES=N runs N pipelines, HEADRACE_SEED=S others.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/compiler/coverage.h"
#include "tests/compiler/engines.h"
#include "tests/compiler/random_images.h"
#include "tests/compiler/random_spec.h"

namespace headrace::testing {
namespace {

constexpr int kImageOutputs = 3, kGoodSamples = 12, kBadSamples = 3, kPassChecks = 5;
constexpr int kLeastComparisons = 10;

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// Every level at one of the widths it has, and the loop interpreter.
std::vector<EngineChoice> choose_engines(RandomStream& random) {
  static constexpr int kAll[] = {128, 256, 256, 512}, kNarrow[] = {128, 256, 256}, kWide[] = {256, 512};
  std::vector<EngineChoice> engines{{"", {random.pick(kAll)}}};
  for (const std::string& level : runnable_levels()) {
    engines.push_back({level, {level == isa_name(Isa::x86_64_v3) ? random.pick(kNarrow) : random.pick(kWide)}});
  }
  return engines;
}

void run_random_pipelines(Numerics numerics) {
  // A cycle of outputs covers everything once; samples bring each cell to at least 10.
  const uint64_t count = from_environment("HEADRACE_PIPELINES", (kOutputCycle + kImageOutputs - 1) / kImageOutputs);
  const uint64_t seed = from_environment("HEADRACE_SEED", 1);
  PipelineMaker maker;
  Coverage coverage;
  std::vector<std::string> engine_names{"loop"};
  for (const std::string& level : runnable_levels()) engine_names.push_back(level);
  int runs = 0, failing_runs = 0;
  for (uint64_t n = 0; n < count; ++n) {
    RandomStream random(seed, n);
    const RandomSpec spec = random_spec(seed, n * kImageOutputs, kImageOutputs, numerics);
    const std::string place = "HEADRACE_SEED=" + std::to_string(seed) + ", pipeline " + std::to_string(n) + "\n" + spec.json;
    const std::vector<EngineChoice> choices = choose_engines(random);
    const auto pipeline = maker.make(spec.json, random_spec_fields(), choices);
    ASSERT_TRUE(pipeline.ok()) << place << pipeline.status().to_string();
    int checked = 0;
    for (const RandomSample& s : random_samples(random, spec, kGoodSamples, kBadSamples)) {
      RunResult reference;
      // What a full decode says of a damaged file is not what a cropped one says.
      const bool check_passes = !s.damaged && checked++ < kPassChecks;
      const std::string d = compare_engines(*pipeline, s.image, s.key, s.label, check_passes, reference);
      ASSERT_EQ(d, "") << place << "sample: " << s.name << ", seed " << s.key.seed << ", epoch " << s.key.epoch
                       << ", sample " << s.key.sample;
      ++runs;
      if (reference.code != HR_OK) {
        ++failing_runs;
        continue;
      }
      for (const OutputContent& content : spec.images) {
        for (const std::string& engine : engine_names) coverage.add(content, engine);
      }
    }
    ASSERT_FALSE(::testing::Test::HasFailure()) << place;
  }
  std::printf("%s: %d pipelines, %d samples run (%d with an error), %zu stages compiled, %zu reused, %zu streaming\n%s",
              std::string(numerics_name(numerics)).c_str(), int(count), runs, failing_runs, maker.compiled(), maker.reused(),
              maker.streaming(),
              coverage.histogram(engine_names).c_str());
  EXPECT_GT(failing_runs, 0);
  EXPECT_GT(maker.streaming(), 0u) << "no output was large enough for streaming stores";
  if (count * kImageOutputs >= kOutputCycle) {
    EXPECT_EQ(coverage.shortfall(engine_names, kLeastComparisons), "") << "cells compared too rarely";
  }
}

TEST(Differential, EveryEngineAgreesInExactNumerics) { run_random_pipelines(Numerics::exact); }
TEST(Differential, EveryEngineAgreesInFastNumerics) { run_random_pipelines(Numerics::fast); }

TEST(Differential, SpecsAreReproducible) {
  for (uint64_t n = 0; n < kOutputCycle; ++n) {
    EXPECT_EQ(random_spec(3, n, 2, Numerics::fast).json, random_spec(3, n, 2, Numerics::fast).json);
  }
  EXPECT_NE(random_spec(3, 0, 2, Numerics::fast).json, random_spec(4, 0, 2, Numerics::fast).json);
}

}  // namespace
}  // namespace headrace::testing
