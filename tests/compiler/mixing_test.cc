// Mixing samples: every engine, level and width gives the bytes of the graph interpreter; labels become
// vectors; pipelines have keys.
#include <gtest/gtest.h>
#include <xxhash.h>

#include <cstdio>
#include <set>

#include "compiler/lower/lower.h"
#include "compiler/pipeline/programs.h"
#include "ir/loop.h"
#include "tests/compiler/batch_testing.h"
#include "tests/compiler/engines.h"
#include "tests/compiler/loop_mutator.h"

namespace headrace::testing {
namespace {

using loop::Op;

std::vector<ProgramField> fields(uint64_t classes = 10) {
  return {{"image", FieldKind::image}, {"label", FieldKind::i64, classes}};
}

struct Mixing {
  int height = 5, width = 7;
  std::string dtype = "f16", layout = "NCHW", label = R"({"op": "one_hot", "classes": 10})", batch = {};
};

const std::string kMixup = R"([{"op": "mixup", "alpha": 0.4, "outputs": ["image", "label"]}])";
const std::string kCutmix = R"([{"op": "cutmix", "outputs": ["image", "label"]}])";
const std::string kChoice = R"([{"op": "random_choice", "weights": [1, 3], "ops": [
    {"op": "mixup", "outputs": ["label", "image"]},
    {"op": "cutmix", "p": 0.8, "alpha": 0.6, "outputs": ["image", "label"]}]},
    {"op": "mixup", "p": 0.3, "alpha": 2, "outputs": ["label"]}])";

std::string spec_of(const Mixing& m) {
  const std::string convert =
      m.dtype == "u8" ? "" : R"(, {"op": "convert", "scale": 1, "dtype": ")" + m.dtype + "\"}";
  return R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image"}, {"op": "resize", "size": [)" +
         std::to_string(m.height) + ", " + std::to_string(m.width) + "]}" + convert +
         R"(, {"op": "layout", "layout": ")" + m.layout +
         R"("}], "label": [{"op": "field", "field": "label"}, )" + m.label + "]}" +
         (m.batch.empty() ? "" : ", \"batch\": " + m.batch) + "}";
}

std::vector<EngineChoice> all_engines() {
  std::vector<EngineChoice> engines;
  for (const int bits : {128, 256, 512}) engines.push_back({"", {bits}});
  for (const std::string& level : runnable_levels()) {
    const bool narrow = level == isa_name(Isa::x86_64_v3);
    for (const int bits : {narrow ? 128 : 256, narrow ? 256 : 512}) engines.push_back({level, {bits}});
  }
  return engines;
}

TEST(Mixing, EveryEngineGivesTheSameBytesForEveryTypeAndLayout) {
  PipelineMaker maker;
  int changed = 0, comparisons = 0;
  uint64_t seed = 1;
  for (const char* dtype : {"u8", "f16", "bf16", "f32"}) {
    for (const char* layout : {"NCHW", "channels_last"}) {
      for (const std::string& batch : {kChoice, kMixup, kCutmix}) {
        if (batch != kChoice && dtype != std::string("f16")) continue;
        Mixing m{.dtype = dtype, .layout = layout, .batch = batch};
        // Fewer elements than lanes, ends within vectors, and none.
        if (seed % 4 == 0) m.height = m.width = 1;
        if (seed % 4 == 1) m.height = 16;
        if (seed % 4 == 2) m.label = R"({"op": "one_hot"}, {"op": "convert", "dtype": "bf16"})";
        const auto pipeline = maker.make(spec_of(m), fields(), all_engines());
        ASSERT_TRUE(pipeline.ok()) << spec_of(m) << pipeline.status().to_string();
        for (const NamedProgram& engine : pipeline->engines) {
          EXPECT_EQ(compare_batches(*pipeline->reference, *engine.program, seed, 12, changed), "")
              << spec_of(m) << engine.name;
          comparisons += 12;
        }
        ++seed;
      }
    }
  }
  EXPECT_GT(changed, comparisons / 3);
}

TEST(Mixing, PipelinesWithoutItLeaveBatchesAlone) {
  PipelineMaker maker;
  const auto pipeline = maker.make(spec_of({}), fields(), all_engines());
  ASSERT_TRUE(pipeline.ok()) << pipeline.status().to_string();
  std::vector<ProgramPtr> programs{pipeline->reference};
  for (const NamedProgram& engine : pipeline->engines) programs.push_back(engine.program);
  RandomStream random(1);
  for (const ProgramPtr& program : programs) {
    EXPECT_FALSE(program->info().mixes);
    const BatchRows before = random_rows(random, program->info(), 4);
    std::string problem;
    EXPECT_TRUE(run_batch(*program, before, {1, 2, 3}, 0, 2, problem) == before);
    EXPECT_EQ(problem, "");
  }
}

// As a loader does, which mixes a pair when both of its samples are there.
TEST(Mixing, EachPairCanBeMixedByItself) {
  PipelineMaker maker;
  const auto pipeline = maker.make(spec_of({.batch = kChoice}), fields(), {{"", {256}}});
  ASSERT_TRUE(pipeline.ok()) << pipeline.status().to_string();
  RandomStream random(5);
  for (uint64_t n = 0; n < 10; ++n) {
    const BatchRows before = random_rows(random, pipeline->reference->info(), 8);
    std::string problem;
    const BatchRows at_once = run_batch(*pipeline->reference, before, {1, 2, n}, 0, 4, problem);
    BatchRows one_by_one = before;
    for (const uint64_t i : {2u, 0u, 3u, 1u}) {
      one_by_one = run_batch(*pipeline->engines[0].program, one_by_one, {1, 2, n}, i, i + 1, problem);
    }
    EXPECT_EQ(problem, "");
    EXPECT_TRUE(at_once == one_by_one);
  }
}

TEST(Labels, BecomeVectorsOnEveryEngine) {
  PipelineMaker maker;
  const TestImage image = random_rgb(8, 8, 1);
  static constexpr const char* kLabels[] = {
      R"({"op": "one_hot"})", R"({"op": "one_hot", "classes": 1000}, {"op": "convert", "dtype": "f16"})",
      R"({"op": "one_hot", "classes": 1003}, {"op": "label_smoothing", "epsilon": 0.1})",
      R"({"op": "one_hot"}, {"op": "label_smoothing", "epsilon": 0.3}, {"op": "convert", "dtype": "bf16"})"};
  for (const char* label : kLabels) {
    const auto pipeline = maker.make(spec_of({.label = label}), fields(1000), all_engines());
    ASSERT_TRUE(pipeline.ok()) << pipeline.status().to_string();
    for (const int64_t value : {0, 1, 17, 998, 999}) {
      RunResult reference;
      EXPECT_EQ(compare_engines(*pipeline, image, {1, 2, 3}, value, true, reference), "") << label;
      EXPECT_EQ(reference.code, HR_OK);
    }
    for (const int64_t value : {int64_t{1003}, int64_t{-1}, INT64_MIN, INT64_MAX}) {
      RunResult reference;
      EXPECT_EQ(compare_engines(*pipeline, image, {1, 2, 3}, value, true, reference), "") << label;
      EXPECT_EQ(reference.code, HR_E_LABEL);
      EXPECT_EQ(reference.args[0], value);
      EXPECT_EQ(reference.args[1], int64_t(pipeline->reference->info().outputs[1].shape[0]));
    }
  }
}

TEST(Labels, ClassesMustBeKnownWhenCodeIsMade) {
  CompileOptions options;
  options.engine = Engine::interp;
  const auto program = compile(spec_of({.label = R"({"op": "one_hot"})"}), nullptr, options);
  ASSERT_FALSE(program.ok());
  EXPECT_EQ(program.status().to_string(),
            "error[spec.missing_key] /outputs/label/1: missing key \"classes\" of \"one_hot\"; expected the "
            "number of "
            "classes, or a dataset whose field \"label\" names its values");
  EXPECT_TRUE(spec_loader_defaults(spec_of({.label = R"({"op": "one_hot"})"})).ok());
}

TEST(Key, IsOfTheOptimisedGraphAndTheSameOnEveryEngine) {
  const std::string spec = spec_of({.batch = kChoice});
  std::set<std::string> keys;
  auto add = [&](Engine engine, std::optional<Isa> isa) {
    CompileOptions options;
    options.engine = engine;
    options.isa = isa;
    const auto program = compile(spec, nullptr, options);
    ASSERT_TRUE(program.ok()) << program.status().to_string();
    EXPECT_TRUE((*program)->info().mixes);
    keys.insert((*program)->info().key);
  };
  add(Engine::interp, std::nullopt);
  add(Engine::loop_interp, std::nullopt);
  for (const std::string& level : runnable_levels()) add(Engine::jit, parse_isa(level));
  ASSERT_EQ(keys.size(), 1u);
  const std::string text = *inspect(spec, nullptr, Stage::graph_opt);
  char expected[17];
  std::snprintf(expected, sizeof expected, "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
  EXPECT_EQ(*keys.begin(), expected);
}

TEST(Key, ChangesWithTheMeaningOnly) {
  PipelineMaker maker;
  const auto key = [&](const std::string& spec) {
    const auto p = maker.make(spec, fields(), {});
    EXPECT_TRUE(p.ok()) << spec << p.status().to_string();
    return p->reference->info().key;
  };
  const std::string plain = key(spec_of({}));
  EXPECT_EQ(key(R"({"outputs": {"image": [{"field": "image", "op": "decode"},
      {"op": "resize", "size": [5, 7], "antialias": true}, {"op": "convert", "dtype": "f16", "scale": 1.0},
      {"op": "layout", "layout": "NCHW"}],
      "label": [{"op": "field", "field": "label"}, {"op": "one_hot", "classes": 10}, {"op": "convert", "dtype": "f32"}]},
      "numerics": "fast", "loader": {"order": "sequential"}, "headrace": 1})"),
            plain);
  std::set<std::string> keys{plain,
                             key(spec_of({.height = 6})),
                             key(spec_of({.dtype = "f32"})),
                             key(spec_of({.layout = "NHWC"})),
                             key(spec_of({.batch = kMixup})),
                             key(spec_of({.batch = kCutmix})),
                             key(spec_of({.batch = kChoice}))};
  EXPECT_EQ(keys.size(), 7u);
  EXPECT_EQ(key(spec_of({.label = R"({"op": "one_hot"})"})), plain) << "the dataset has as many classes";
  // The same in every process, on every machine.
  EXPECT_EQ(key(R"({"headrace": 1, "outputs": {"x": [{"op": "field", "field": "label"}]}})"),
            "a6870da6e2970439");
}

struct PlantedBug {
  const char* name;
  std::string batch, function;
  void (*plant)(LoopMutator&);
};

// Mistakes the lowering could make, in f16, planar, 5 x 7 pixels: the comparison above must see each.
TEST(Mixing, PlantedBugsAreCaught) {
  const PlantedBug bugs[] = {
      {"the other row's weights", kMixup, "blend_f16",
       [](LoopMutator& m) {
         m.swap_operands({Op::fma, 1}, 1, 2);
       }},
      {"the rest not weighted", kMixup, "blend_f16",
       [](LoopMutator& m) {
         m.bypass({Op::fmul, 0}, 1);
       }},
      {"elements after the last whole vector left", kMixup, "blend_f16",
       [](LoopMutator& m) {
         m.erase({Op::store, 2});
       }},
      {"weights exchanged", kMixup, "batch",
       [](LoopMutator& m) {
         m.swap_operands({Op::call, 0, "blend_f16"}, 3, 4);
       }},
      {"one element too few", kMixup, "batch",
       [](LoopMutator& m) {
         m.add_to_operand({Op::call, 0, "blend_f16"}, 2, -1);
       }},
      {"mask of another row", kMixup, "batch",
       [](LoopMutator& m) {
         m.set_imm({Op::load, 10}, 8);
       }},
      {"first byte of the mask not looked at", kMixup, "batch",
       [](LoopMutator& m) {
         m.bypass({Op::and_, m.count(Op::and_) - 1}, 1);
       }},
      {"epoch not part of the key", kMixup, "batch",
       [](LoopMutator& m) {
         m.set_imm({Op::load, 2}, 8);
       }},
      {"distance to the other end", kMixup, "batch",
       [](LoopMutator& m) {
         m.swap_operands({Op::select, 0}, 1, 2);
       }},
      {"points outside the disc taken", kMixup, "batch",
       [](LoopMutator& m) {
         m.bypass({Op::and_, 0}, 0);
       }},
      {"box a row too short", kCutmix, "batch",
       [](LoopMutator& m) {
         m.add_to_operand({Op::call, 0, "exchange"}, 2, -1);
       }},
      {"a plane not exchanged", kCutmix, "batch",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 2, "exchange"}, 2, 0);
       }},
      {"box not cut off at the top", kCutmix, "batch",
       [](LoopMutator& m) {
         m.bypass({Op::smax, 0}, 0);
       }},
      {"box not cut off at the right", kCutmix, "batch",
       [](LoopMutator& m) {
         m.bypass({Op::smin, 1}, 0);
       }},
      {"rows of the box side by side", kCutmix, "batch",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 1, "exchange"}, 4, 12);
       }},
      {"bytes after the last word left", kCutmix, "exchange",
       [](LoopMutator& m) {
         m.erase({Op::store, 4});
       }},
      {"the same op always", kChoice, "batch",
       [](LoopMutator& m) {
         m.bypass({Op::and_, 0}, 0);
       }},
  };
  PipelineMaker maker;
  std::map<std::string, Pipeline> pipelines;
  for (const std::string& batch : {kMixup, kCutmix, kChoice}) {
    auto p = maker.make(spec_of({.batch = batch}), fields(), {});
    ASSERT_TRUE(p.ok()) << p.status().to_string();
    pipelines[batch] = std::move(*p);
  }
  constexpr int kBatches = 60;
  for (const PlantedBug& bug : bugs) {
    const Pipeline& p = pipelines[bug.batch];
    auto lowered = lower(p.optimised, {.vector_bits = 256});
    ASSERT_TRUE(lowered.ok()) << lowered.status().to_string();
    int changed = 0;
    const ProgramPtr correct = make_loop_program(lowered->module, lowered->info);
    ASSERT_EQ(compare_batches(*p.reference, *correct, 3, kBatches, changed), "") << bug.name;
    const std::string before = loop::print(lowered->module);
    LoopMutator mutator(lowered->module, bug.function);
    bug.plant(mutator);
    ASSERT_TRUE(mutator.ok()) << bug.name;
    EXPECT_NE(loop::print(lowered->module), before) << bug.name << " changed nothing";
    const Status verified = loop::verify(lowered->module, kernel_externs());
    ASSERT_TRUE(verified.ok()) << bug.name << ": a type error, which no test is needed for\n"
                               << verified.to_string();
    const ProgramPtr broken = make_loop_program(lowered->module, lowered->info);
    const std::string caught = compare_batches(*p.reference, *broken, 3, kBatches, changed);
    EXPECT_NE(caught, "") << bug.name << " is not caught";
    std::printf("%-45s %s\n", bug.name, caught.c_str());
  }
}

}  // namespace
}  // namespace headrace::testing
