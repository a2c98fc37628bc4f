// A schedule never changes bytes: every combination of its choices, at every level, against the graph
// interpreter.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "compiler/pipeline/front_end.h"
#include "headrace/pipeline.h"
#include "tests/compiler/plane_images.h"
#include "tests/compiler/program_testing.h"
#include "tests/compiler/random_stream.h"

namespace headrace::testing {
namespace {

// Resizes of every kind, a copy that is stored past the caches, one that is read again, mirrored rows, odd
// widths, vectors.
constexpr const char* kFast = R"({"headrace": 1, "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "random_resized_crop", "size": [40, 33]}, {"op": "random_horizontal_flip"},
              {"op": "normalize", "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.4]}, {"op": "convert", "dtype": "f16"},
              {"op": "layout", "layout": "NCHW"}],
    "large": [{"op": "decode", "field": "image"}, {"op": "resize", "size": [128, 160], "filter": "area"},
              {"op": "random_vertical_flip"}, {"op": "convert", "dtype": "f32", "scale": 0.25}],
    "class": [{"op": "field", "field": "label"}, {"op": "one_hot", "classes": 75}]},
  "batch": [{"op": "mixup", "outputs": ["image", "class"]}, {"op": "cutmix", "outputs": ["large"]}]})";
constexpr const char* kCopies = R"json({"headrace": 1, "numerics": "exact", "outputs": {
    "copy": [{"op": "decode", "field": "image"}, {"op": "random_crop", "size": [90, 96]}, {"op": "random_horizontal_flip"},
             {"op": "convert", "dtype": "f32", "scale": 0.5}],
    "chain": [{"op": "decode", "field": "image"}, {"op": "map", "expr": "clamp(x * 1.2, 0, 255)"}, {"op": "random_horizontal_flip"},
              {"op": "resize", "short_side": 43}, {"op": "resize", "size": [17, 29]}],
    "exact": [{"op": "decode", "field": "image"}, {"op": "random_resized_crop", "size": [31, 7], "filter": "nearest"},
              {"op": "convert", "dtype": "bf16", "scale": 2.0}]}})json";
constexpr const char* kScaled = R"({"headrace": 1, "outputs": {
    "image": [{"op": "decode", "field": "image", "idct_scale": "auto"}, {"op": "random_resized_crop", "size": [24, 24]},
              {"op": "normalize", "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.4]}]}})";
constexpr const char* kSpecs[] = {kFast, kCopies, kScaled};

struct Sample {
  const char* name;
  TestImage image;
};

// Every encoding, and every kind of planes in both forms.
const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = [] {
    std::vector<Sample> list;
    list.push_back({"rgb", random_rgb(97, 103, 1)});
    list.push_back({"jpeg 4:2:0", random_jpeg(150, 131, 2, 85, 2, 2)});
    const TestImage jpegs[] = {random_jpeg(171, 142, 3, 90, 2, 2), random_jpeg(140, 121, 4, 80, 1, 1),
                               random_jpeg(133, 150, 5, 90, 2, 1), random_gray_jpeg(120, 96, 6, 90)};
    const char* names[][2] = {{"packed 4:2:0", "ycc 4:2:0"},
                              {"packed 4:4:4", "ycc 4:4:4"},
                              {"packed 4:2:2", "ycc 4:2:2"},
                              {"packed gray", "ycc gray"}};
    for (size_t i = 0; i < std::size(jpegs); ++i) {
      const TestImage packed = packed_image({jpegs[i].bytes.data(), jpegs[i].size});
      list.push_back({names[i][0], packed});
      list.push_back({names[i][1], ycc_image(packed)});
    }
    return list;
  }();
  return all;
}

std::vector<ScheduleOptions> every_schedule() {
  std::vector<ScheduleOptions> all(1);
  for (const ScheduleField& f : schedule_fields()) {
    std::vector<ScheduleOptions> longer;
    for (const ScheduleOptions& s : all) {
      for (const int value : f.values) {
        longer.push_back(s);
        longer.back().*f.member = value;
      }
    }
    all = std::move(longer);
  }
  return all;
}

std::shared_ptr<const Program> made(const char* spec, const CompileOptions& options) {
  auto program = compile(spec, nullptr, options);
  EXPECT_TRUE(program.ok()) << program.status().to_string() << "\n" << schedule_json(options.schedule);
  return program.ok() ? *program : nullptr;
}

// Bytes that the interpreter gives, computed once.
const std::vector<RunResult>& expected(const char* spec) {
  static std::map<const char*, std::vector<RunResult>> results;
  std::vector<RunResult>& of_spec = results[spec];
  if (!of_spec.empty()) return of_spec;
  CompileOptions options;
  options.engine = Engine::interp;
  const auto program = made(spec, options);
  for (size_t i = 0; i < samples().size(); ++i) {
    of_spec.push_back(run_program(*program, samples()[i].image, {11, 3, i}));
    EXPECT_EQ(of_spec.back().code, HR_OK) << samples()[i].name;
  }
  return of_spec;
}

void expect_same_bytes(const char* spec, const CompileOptions& options) {
  const auto program = made(spec, options);
  ASSERT_TRUE(program);
  for (size_t i = 0; i < samples().size(); ++i) {
    ASSERT_EQ(difference(expected(spec)[i], run_program(*program, samples()[i].image, {11, 3, i})), "")
        << samples()[i].name << " at " << program->info().isa << " by " << program->info().engine << " with "
        << schedule_json(options.schedule) << spec;
  }
}

TEST(Schedule, ThereAreChoicesToCombine) {
  const std::vector<ScheduleOptions> all = every_schedule();
  EXPECT_EQ(all.size(), 36u);
  for (const ScheduleOptions& s : all) EXPECT_TRUE(check_schedule(s).ok());
}

// The loop interpreter checks every access and every excluded use; it runs a few of the combinations, each
// value of each choice among them.
TEST(Schedule, ChangesNoBytesOfTheLoopInterpreter) {
  RandomStream random(5);
  CompileOptions options;
  options.engine = Engine::loop_interp;
  for (const ScheduleField& f : schedule_fields()) {
    for (const int value : f.values) {
      options.schedule = random.pick(every_schedule());
      options.schedule.*f.member = value;
      for (const char* spec : kSpecs) expect_same_bytes(spec, options);
      if (HasFatalFailure()) return;
    }
  }
}

#ifdef HEADRACE_WITH_JIT
class ScheduleAt : public ::testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    if (!isa_supported(GetParam())) GTEST_SKIP() << "this CPU does not run " << isa_name(GetParam());
  }
};

TEST_P(ScheduleAt, ChangesNoBytesInAnyCombination) {
  CompileOptions options;
  options.isa = GetParam();
  RandomStream random{static_cast<uint64_t>(GetParam())};
  for (const ScheduleOptions& s : every_schedule()) {
    options.schedule = s;
    // Each combination with one of the specs; all of them over the levels.
    expect_same_bytes(random.pick(kSpecs), options);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, ScheduleAt,
                         ::testing::Values(Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2, Isa::host,
                                           Isa::armv8_neon),
                         [](const auto& parameter) {
                           std::string name(isa_name(parameter.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// Code for levels that do not run here is made all the same.
TEST(Schedule, EveryCombinationCompilesForEveryLevel) {
  RandomStream random(9);
  for (const Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2, Isa::armv8_neon}) {
    for (const int bits : {128, 256, 512}) {
      InspectOptions options;
      options.isa = isa;
      options.schedule = random.pick(every_schedule());
      options.schedule.vector_bits = bits;
      const auto text = inspect(kFast, nullptr, Stage::assembly, options);
      ASSERT_TRUE(text.ok()) << text.status().to_string();
      EXPECT_NE(text->find("vertical_planes_image"), std::string::npos);
    }
  }
}
#endif

TEST(Schedule, VectorsAreNoWiderThanTheLevelsRegisters) {
  ScheduleOptions wide;
  wide.vector_bits = 512;
  EXPECT_EQ(schedule_for(Isa::x86_64_v3, wide).vector_bits, 256);
  EXPECT_EQ(schedule_for(Isa::x86_64_v4, wide).vector_bits, 512);
  EXPECT_EQ(schedule_for(Isa::x86_64_v4_vbmi2, wide).vector_bits, 512);
  EXPECT_EQ(schedule_for(Isa::armv8_neon, wide).vector_bits, 128);
  EXPECT_EQ(schedule_for(Isa::armv8_neon).strip_rows(), 8);
  EXPECT_EQ(schedule_for(Isa::x86_64_v4), schedule_for(Isa::x86_64_v3));
  wide.strip_rows = 8;
  EXPECT_EQ(schedule_for(Isa::x86_64_v4, wide).strip_rows(), 8);
}

TEST(Schedule, ValuesThatThereAreNotAreAnError) {
  CompileOptions options;
  options.schedule.strip_rows = 12;
  EXPECT_EQ(compile(kFast, nullptr, options).status().to_string(),
            "error[schedule.value] /strip_rows: expected 8, 16 or 32, found 12");
  InspectOptions inspection;
  inspection.schedule.strip_rows = 12;
  EXPECT_EQ(inspect(kFast, nullptr, Stage::graph, inspection).status().code(), "schedule.value");
}

}  // namespace
}  // namespace headrace::testing
