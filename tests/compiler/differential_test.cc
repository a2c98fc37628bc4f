// Random pipelines on random samples: the graph interpreter, the loop interpreter and generated code at every
// level give the same bytes and the same errors. HEADRACE_PIPELINES=N runs N pipelines, HEADRACE_SEED=S
// others.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "compiler/lower/lower.h"
#include "compiler/pipeline/front_end.h"
#include "compiler/pipeline/programs.h"
#include "tests/compiler/batch_testing.h"
#include "tests/compiler/coverage.h"
#include "tests/compiler/engines.h"
#include "tests/compiler/plane_images.h"
#include "tests/compiler/random_images.h"
#include "tests/compiler/random_schedule.h"
#include "tests/compiler/random_spec.h"
#include "tests/compiler/user_library.h"
#include "tests/kernels/packed_testing.h"

namespace headrace::testing {
namespace {

constexpr int kImageOutputs = 3, kGoodSamples = 16, kBadSamples = 3, kPassChecks = 5, kBatches = 4;
constexpr int kLeastComparisons = 10;

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// Every level, and the loop interpreter, each with a schedule of its own. Drawn apart from all else: samples shall be the
// same whatever levels there are.
std::vector<EngineChoice> choose_engines(uint64_t seed, uint64_t pipeline) {
  RandomStream random(seed ^ 0x5c4ed01e, pipeline);
  std::vector<EngineChoice> engines{{"", interpreted_schedule(random_schedule(random))}};
  for (const std::string& level : runnable_levels()) {
    engines.push_back({level, schedule_for(*parse_isa(level), random_schedule(random))});
  }
  return engines;
}

void run_random_pipelines(Numerics numerics) {
  // A cycle of outputs covers everything once; samples bring each cell to at least 10.
  const uint64_t count =
      from_environment("HEADRACE_PIPELINES", (kOutputCycle + kImageOutputs - 1) / kImageOutputs);
  const uint64_t seed = from_environment("HEADRACE_SEED", 1);
  PipelineMaker maker;
  Coverage coverage;
  std::vector<std::string> engine_names{"loop"};
  for (const std::string& level : runnable_levels()) engine_names.push_back(level);
  int runs = 0, failing_runs = 0, mixing = 0, batches_mixed = 0;
  std::map<uint32_t, int> encodings;  // of samples that ran
  int scaled = 0;                     // decodes below the whole size
  for (uint64_t n = 0; n < count; ++n) {
    RandomStream random(seed, n);
    const RandomSpec spec = random_spec(seed, n * kImageOutputs, kImageOutputs, numerics);
    const std::string place =
        "HEADRACE_SEED=" + std::to_string(seed) + ", pipeline " + std::to_string(n) + "\n" + spec.json;
    const std::vector<EngineChoice> choices = choose_engines(seed, n);
    const auto pipeline = maker.make(spec.json, random_spec_fields(), choices);
    ASSERT_TRUE(pipeline.ok()) << place << pipeline.status().to_string();
    int checked = 0;
    for (const RandomSample& s : random_samples(random, spec, kGoodSamples, kBadSamples)) {
      RunResult reference;
      // Passes are checked on the first good samples and on all bad ones, but for damaged files: what a full
      // decode says of them is not what a cropped one says.
      const int number = checked++;
      const bool check_passes = !s.damaged && (number < kPassChecks || number >= kGoodSamples);
      const std::string d = compare_engines(*pipeline, s.image, s.key, s.label, check_passes, reference);
      ASSERT_EQ(d, "") << place << "sample: " << s.name << ", seed " << s.key.seed << ", epoch "
                       << s.key.epoch << ", sample " << s.key.sample;
      ++runs;
      if (reference.code != HR_OK) {
        ++failing_runs;
        continue;
      }
      ++encodings[s.image.encoding];
      for (const int64_t scale : scales_of(pipeline->optimised, s.image, s.key)) scaled += scale < 8;
      for (const OutputContent& content : spec.images) {
        for (const NamedProgram& engine : pipeline->engines) {
          coverage.add(content, engine.name.substr(0, engine.name.find(' ')));  // without the width
        }
      }
    }
    ASSERT_FALSE(::testing::Test::HasFailure()) << place;
    ASSERT_EQ(pipeline->reference->info().mixes, spec.mixes) << place;
    mixing += spec.mixes;
    for (const NamedProgram& engine : pipeline->engines) {
      if (!spec.mixes) continue;
      ASSERT_EQ(compare_batches(*pipeline->reference, *engine.program, seed + n, kBatches, batches_mixed), "")
          << place << engine.name;
    }
  }
  std::printf("%s: %d pipelines, %d samples run (%d with an error), %d comparisons of outputs, %zu cells\n",
              std::string(numerics_name(numerics)).c_str(), int(count), runs, failing_runs, coverage.total(),
              coverage.cells());
  std::printf("%d pipelines mix samples, %d comparisons of mixed batches\n", mixing, batches_mixed);
  std::printf("%d decodes below the whole size\n", scaled);
  std::printf("%zu stages compiled, %zu reused, %zu streaming\n%s", maker.compiled(), maker.reused(),
              maker.streaming(), coverage.histogram(engine_names).c_str());
  EXPECT_GT(failing_runs, 0);
  EXPECT_GT(batches_mixed, int(count) / 2) << "too little was mixed";  // where there is but one engine to compare
  for (const uint32_t e : {HR_ENCODING_JPEG, HR_ENCODING_RGB, HR_ENCODING_PACKED, HR_ENCODING_YCC}) {
    EXPECT_GE(encodings[e], int(count)) << "encoding " << e << " ran too rarely";
  }
  EXPECT_GT(scaled, 0) << "nothing was decoded below its whole size";
  EXPECT_GT(maker.streaming(), 0u) << "no output was large enough for streaming stores";
  if (count * kImageOutputs >= kOutputCycle) {
    EXPECT_EQ(coverage.shortfall(engine_names, kLeastComparisons), "") << "cells compared too rarely";
  }
}

TEST(Differential, EveryEngineAgreesInExactNumerics) { run_random_pipelines(Numerics::exact); }
TEST(Differential, EveryEngineAgreesInFastNumerics) { run_random_pipelines(Numerics::fast); }

// One program, different samples on several threads at once.
void run_on_threads(const Program& program, const std::vector<RandomSample>& samples,
                    const std::vector<RunResult>& expected, size_t thread_count, const std::string& place) {
  constexpr size_t kRounds = 3;
  std::vector<std::string> differences(thread_count);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < thread_count; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < kRounds * samples.size(); ++i) {
        const size_t k = (i + t * samples.size() / thread_count) % samples.size();
        const RandomSample& s = samples[k];
        const std::string d = difference(expected[k], run_program(program, s.image, s.key, s.label));
        if (!d.empty()) differences[t] = s.name + ": " + d;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  for (const std::string& d : differences) EXPECT_EQ(d, "") << place << ", " << thread_count << " threads";
}

TEST(Differential, ThreadsThatShareAProgramGetTheSameBytes) {
  PipelineMaker maker;
  for (uint64_t n = 0; n < 3; ++n) {
    RandomStream random(7, n);
    const RandomSpec spec =
        random_spec(7, n * 21 + 1, kImageOutputs, n % 2 ? Numerics::exact : Numerics::fast);
    const auto pipeline = maker.make(spec.json, random_spec_fields(), choose_engines(7, n));
    ASSERT_TRUE(pipeline.ok()) << spec.json << pipeline.status().to_string();
    const std::vector<RandomSample> samples = random_samples(random, spec, 12, 3);
    std::vector<RunResult> expected;
    for (const RandomSample& s : samples)
      expected.push_back(run_program(*pipeline->reference, s.image, s.key, s.label));
    std::vector<NamedProgram> programs = pipeline->engines;
    programs.push_back({"graph", pipeline->reference});
    for (const NamedProgram& p : programs) {
      for (const size_t threads : {1u, 2u, 4u})
        run_on_threads(*p.program, samples, expected, threads, spec.json + p.name);
    }
  }
}

// The programs that users get agree too: compile() with its own schedule.
TEST(Differential, CompileGivesEveryEngineTheSameBytes) {
  const RandomSpec spec = random_spec(11, 1, kImageOutputs, Numerics::fast);
  RandomStream random(11);
  std::string json = spec.json;
  std::vector<CompileOptions> all;
  auto add = [&](Engine engine, std::optional<Isa> isa) {
    CompileOptions options;
    options.engine = engine;
    options.isa = isa;
    all.push_back(options);
  };
  add(Engine::interp, std::nullopt);
  add(Engine::loop_interp, std::nullopt);
  for (const std::string& level : runnable_levels()) add(Engine::jit, parse_isa(level));
  if (!runnable_levels().empty()) add(Engine::jit, Isa::host);
  const std::vector<RandomSample> samples = random_samples(random, spec, 8, 0);
  for (const Numerics numerics : {Numerics::exact, Numerics::fast}) {
    std::vector<RunResult> expected;
    for (CompileOptions options : all) {
      options.numerics = numerics;
      options.libraries = user_libraries();
      const auto program = compile(json, nullptr, options);
      ASSERT_TRUE(program.ok()) << program.status().to_string();
      const ProgramInfo& info = (*program)->info();
      EXPECT_EQ(info.engine, engine_name(options.engine));
      EXPECT_EQ(info.isa, options.isa ? isa_name(*options.isa) : "none");
      EXPECT_EQ(info.numerics, numerics);
      for (size_t i = 0; i < samples.size(); ++i) {
        const RunResult r = run_program(**program, samples[i].image, samples[i].key, samples[i].label);
        if (expected.size() <= i) expected.push_back(r);
        EXPECT_EQ(difference(expected[i], r), "")
            << json << samples[i].name << " " << info.engine << " " << info.isa;
      }
    }
  }
}

// What a dataset does not hold is not compiled, and refused if it comes nevertheless.
TEST(Differential, FactsLeaveOutEncodings) {
  constexpr const char* kSpec = R"({"headrace": 1, "numerics": "fast", "outputs": {
      "image": [{"op": "decode", "field": "image"}, {"op": "resize", "size": [9, 12]}]}})";
  PipelineMaker maker;
  const auto pipeline = maker.make(kSpec, random_spec_fields(), {});
  ASSERT_TRUE(pipeline.ok()) << pipeline.status().to_string();
  std::mt19937 rng(1);
  const TestImage packed = packed_image(draw_coefficients(HR_PLANES_420, 40, 30, Drawn::photo, rng));
  const TestImage ycc = ycc_image(packed), rgb = random_rgb(40, 30, 2);
  for (const Facts facts : {Facts{true, true}, Facts{true, false}, Facts{false, true}, Facts{false, false}}) {
    const auto lowered = lower(pipeline->optimised, {}, facts);
    ASSERT_TRUE(lowered.ok()) << lowered.status().to_string();
    EXPECT_EQ(lowered->module.find("idct") != nullptr, facts.packed);
    EXPECT_EQ(lowered->module.find("planes_image") != nullptr, facts.packed || facts.ycc);
    const ProgramPtr program = make_loop_program(lowered->module, lowered->info);
    const int64_t others = 1 << HR_ENCODING_JPEG | 1 << HR_ENCODING_RGB;
    for (const auto& [image, held] : {std::pair{&packed, facts.packed}, {&ycc, facts.ycc}, {&rgb, true}}) {
      const RunResult result = run_program(*program, *image, {1, 2, 3});
      if (held) {
        EXPECT_EQ(difference(run_program(*pipeline->reference, *image, {1, 2, 3}), result), "");
        continue;
      }
      EXPECT_EQ(result.code, HR_E_ENCODING);
      EXPECT_EQ(result.args[0], image->encoding);
      EXPECT_EQ(result.args[1],
                others | int64_t{facts.packed} << HR_ENCODING_PACKED | int64_t{facts.ycc} << HR_ENCODING_YCC);
    }
  }
}

TEST(Differential, SpecsAreReproducible) {
  for (uint64_t n = 0; n < kOutputCycle; ++n) {
    EXPECT_EQ(random_spec(3, n, 2, Numerics::fast).json, random_spec(3, n, 2, Numerics::fast).json);
  }
  EXPECT_NE(random_spec(3, 0, 2, Numerics::fast).json, random_spec(4, 0, 2, Numerics::fast).json);
}

}  // namespace
}  // namespace headrace::testing
