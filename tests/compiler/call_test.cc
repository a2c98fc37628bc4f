// {"op": "call"}: users' C functions give the same bytes and the same errors on every engine, and no library
// is loaded that was not named.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "compiler/frontend/build_graph.h"
#include "compiler/passes/pass.h"
#include "compiler/spec.h"
#include "headrace/philox.h"
#include "headrace/pipeline.h"
#include "tests/compiler/engines.h"
#include "tests/compiler/program_testing.h"
#ifdef HEADRACE_WITH_AOT
#include "compiler/cache/recipe.h"
#include "dataset_testing.h"
#include "headrace/aot.h"
#include "headrace/compile_object.h"
#endif

namespace headrace {
namespace {

using testing::difference;
using testing::ProgramPtr;
using testing::random_jpeg;
using testing::random_rgb;
using testing::run_program;
using testing::RunResult;
using testing::TestImage;

const std::string kLibrary = HEADRACE_USER_FUNCTIONS, kLoud = HEADRACE_LOUD_LIBRARY;
const std::string kName = std::filesystem::path(kLibrary).filename();

std::string call(const std::string& symbol, const std::string& rest) {
  return R"({"op": "call", "symbol": ")" + symbol + R"(", "library": ")" + kName + "\", " + rest + "}";
}

std::string output(const std::string& ops) { return R"({"op": "decode", "field": "image"}, )" + ops; }

std::string spec_of(const std::string& outputs, const std::string& numerics = "fast") {
  return R"({"headrace": 1, "numerics": ")" + numerics + R"(", "outputs": {)" + outputs + "}}";
}

std::string image_spec(const std::string& ops, const std::string& numerics = "fast") {
  return spec_of("\"image\": [" + output(ops) + "]", numerics);
}

const std::string kResize = R"({"op": "resize", "size": [17, 21]}, )";
const std::string kInvert = call("invert", R"("per": "row")"), kSmear = call("smear", R"("per": "image")");

/// Pipelines with a call in every place it can stand, of every type.
std::vector<std::string> pipelines() {
  const std::string stamp = call("stamp", R"("per": "row", "out": "f32")"),
                    strange = call("strange", R"("per": "image", "in": "f32", "out": "f32")");
  return {
      image_spec(kResize + kInvert),
      image_spec(kResize + call("invert", R"("per": "image")") + R"(, {"op": "layout", "layout": "NCHW"})"),
      image_spec(kSmear +
                 R"(, {"op": "random_resized_crop", "size": [16, 33]}, {"op": "random_horizontal_flip"})"),
      image_spec(R"({"op": "random_crop", "size": [30, 20]}, {"op": "vertical_flip"}, )" + kSmear + ", " +
                 kInvert + R"(, {"op": "resize", "short_side": 19}, )" + kSmear +
                 R"(, {"op": "center_crop", "size": [18, 17]},
                 {"op": "horizontal_flip"}, {"op": "normalize", "mean": [0, 0.5, 1], "std": [1, 0.2, 2]})"),
      image_spec(R"({"op": "resize", "size": [40, 64]}, )" + stamp +
                 R"(, {"op": "random_horizontal_flip"}, {"op": "crop", "top": 3, "left": 5, "size": [30, 50]},
                 {"op": "convert", "dtype": "f16"}, {"op": "layout", "layout": "channels_last"})"),
      image_spec(
          kResize + R"({"op": "map", "expr": "x / 64", "dtype": "f32"}, )" + strange +
          R"(, {"op": "random_vertical_flip"}, {"op": "normalize", "mean": [0, 0, 1], "std": [1, 2, 1.5]},
                 {"op": "map", "expr": "x + r - g"}, )" +
          strange + ", " + call("floor_u8", R"("per": "image", "in": "f32")") +
          R"(, {"op": "convert", "dtype": "bf16", "scale": 2})"),
      spec_of("\"a\": [" + output(kResize + kSmear) + "], \"b\": [" + output(kResize + kInvert) +
              "], \"c\": [" + output(kResize + R"({"op": "random_crop", "size": [9, 9]})") +
              R"(], "key": [{"op": "field", "field": "key", "length": 70}])")};
}

/// The program on every engine, by name.
std::vector<testing::NamedProgram> engines(const std::string& spec, Numerics numerics) {
  std::vector<testing::NamedProgram> programs;
  CompileOptions options;
  options.numerics = numerics;
  options.libraries = {kLibrary};
  auto add = [&](const std::string& name) {
    const auto program = compile(spec, nullptr, options);
    EXPECT_TRUE(program.ok()) << spec << program.status().to_string();
    if (program.ok()) programs.push_back({name, *program});
  };
  options.engine = Engine::interp;
  add("interp");
  options.engine = Engine::loop_interp;
  add("loop-interp");
  options.engine = Engine::jit;
  for (const std::string& level : testing::runnable_levels()) {
    options.isa = parse_isa(level);
    add(level);
  }
#ifdef HEADRACE_WITH_AOT
  const testing::TempDir dir;
  options.cache = ObjectCache::open({CacheMode::read_write, dir / "cache", 1 << 30, ""});
  add("jit, stored");
  add("jit, cached");
  CompileObjectOptions object_options;
  object_options.numerics = numerics;
  if (const auto best = best_isa()) object_options.levels = {*best};
  const auto object = compile_object(spec, nullptr, object_options);
  EXPECT_TRUE(object.ok()) << object.status().to_string();
  if (!object.ok()) return programs;
  testing::write_text(dir / "calls.so", object->bytes);
  const auto loaded = load_object(dir / "calls.so", {.isa = {}, .libraries = {kLibrary}});
  EXPECT_TRUE(loaded.ok()) << loaded.status().to_string();
  if (loaded.ok()) programs.push_back({"aot", *loaded});
#endif
  return programs;
}

std::vector<TestImage> images() {
  return {random_rgb(64, 48, 1), random_rgb(37, 33, 2), random_jpeg(71, 45, 3, 85, 2, 2),
          random_jpeg(33, 70, 4, 90, 1, 1)};
}

TEST(Call, EveryEngineGivesTheSameBytes) {
  for (const std::string& spec : pipelines()) {
    for (const Numerics numerics : {Numerics::exact, Numerics::fast}) {
      const auto programs = engines(spec, numerics);
      ASSERT_GE(programs.size(), 2u);
      uint64_t sample = 0;
      for (const TestImage& image : images()) {
        const hr_key key{3, 2, ++sample};
        const RunResult expected = run_program(*programs[0].program, image, key);
        ASSERT_EQ(expected.code, HR_OK) << spec << expected.error;
        for (const auto& [name, program] : programs) {
          ASSERT_EQ(difference(expected, run_program(*program, image, key)), "") << spec << name;
        }
      }
    }
  }
}

std::vector<uint8_t> bytes_of(const std::string& spec, const TestImage& image, const hr_key& key) {
  CompileOptions options;
  options.engine = Engine::interp;
  options.libraries = {kLibrary};
  const auto program = compile(spec, nullptr, options);
  EXPECT_TRUE(program.ok()) << program.status().to_string();
  if (!program.ok()) return {};
  const RunResult result = run_program(**program, image, key);
  EXPECT_EQ(result.code, HR_OK) << result.error;
  return result.outputs.empty() ? std::vector<uint8_t>() : result.outputs[0];
}

TEST(Call, TheFunctionGetsPixelsKeyAndRandomBits) {
  const TestImage image = random_rgb(20, 12, 5);
  const hr_key key{8, 1, 42};
  const std::string crop = R"({"op": "center_crop", "size": [12, 20]})";
  const std::vector<uint8_t> plain = bytes_of(image_spec(crop), image, key);
  std::vector<uint8_t> inverted = bytes_of(image_spec(crop + ", " + kInvert), image, key);
  for (uint8_t& v : inverted) v = uint8_t(255 - v);
  EXPECT_EQ(inverted, plain);

  const std::vector<uint8_t> stamped =
      bytes_of(image_spec(crop + ", " + call("stamp", R"("per": "row", "out": "f32")")), image, key);
  ASSERT_EQ(stamped.size(), plain.size() * 4);
  const philox::Block bits =
      philox::draw(philox::op_key(key.seed, philox::op_hash("/outputs/image/2")), key.epoch, key.sample, 0);
  const uint64_t random = uint64_t{bits[0]} | uint64_t{bits[1]} << 32;
  for (size_t i = 0; i < plain.size(); ++i) {
    float value = 0;
    std::memcpy(&value, &stamped[4 * i], sizeof value);
    ASSERT_EQ(value, float(plain[i]) + 1000.0f * float(i / 60) + float(random % 97) + 0.25f * 42 + 0.5f * 9)
        << i;
  }
}

TEST(Call, HoldsOneNaN) {
  const std::string spec = image_spec(
      R"({"op": "center_crop", "size": [10, 7]}, {"op": "map", "expr": "x / 64", "dtype": "f32"}, )" +
      call("strange", R"("per": "image", "in": "f32", "out": "f32")"));
  const std::vector<uint8_t> bytes = bytes_of(spec, random_rgb(9, 11, 5), {1, 1, 1});
  ASSERT_EQ(bytes.size(), 10u * 7 * 3 * 4);
  size_t nans = 0;
  for (size_t i = 0; i < bytes.size() / 4; ++i) {
    uint32_t bits = 0;
    std::memcpy(&bits, &bytes[4 * i], sizeof bits);
    if ((bits & 0x7FFFFFFF) <= 0x7F800000) continue;
    EXPECT_EQ(bits, 0x7FC00000u);
    ++nans;
  }
  EXPECT_EQ(nans, 60u);
}

TEST(Call, AFailureIsTheSameOnEveryEngine) {
  for (const bool by_row : {false, true}) {
    const std::string spec =
        image_spec(kResize + call("picky", by_row ? R"("per": "row")" : R"("per": "image")"));
    const std::string text =
        "the function \"picky\" of \"" + kName + "\" returned -5" + (by_row ? " for row 2" : "");
    for (const auto& [name, program] : engines(spec, Numerics::fast)) {
      for (uint64_t sample = 0; sample < 4; ++sample) {
        const RunResult result = run_program(*program, images()[0], {1, 1, sample});
        EXPECT_EQ(result.code, sample % 3 == 0 ? HR_E_USER : HR_OK) << name;
        if (sample % 3 != 0) continue;
        EXPECT_EQ(result.error, text) << name;
        EXPECT_EQ(result.args[0], -5) << name;
        EXPECT_EQ(result.args[1], by_row ? 2 : -1) << name;
      }
    }
  }
}

// Of several errors the first in the graph's order is reported, wherever the call stands.
TEST(Call, FailsInTheOrderOfTheGraph) {
  const std::string picky = "\"image\": [" + output(kResize + call("picky", R"("per": "image")")) + "]";
  const std::string label =
      R"("label": [{"op": "field", "field": "label"}, {"op": "one_hot", "classes": 5}])";
  for (const std::string& outputs : {picky + ", " + label, label + ", " + picky}) {
    const hr_result first = outputs == picky + ", " + label ? HR_E_USER : HR_E_LABEL;
    for (const auto& [name, program] : engines(spec_of(outputs), Numerics::fast)) {
      EXPECT_EQ(run_program(*program, images()[0], {1, 1, 0}, 9).code, first) << name << outputs;
      EXPECT_EQ(run_program(*program, images()[0], {1, 1, 0}, 3).code, HR_E_USER) << name << outputs;
      EXPECT_EQ(run_program(*program, images()[0], {1, 1, 1}, 9).code, HR_E_LABEL) << name << outputs;
    }
  }
}

TEST(Call, PassesLeaveItAlone) {
  for (const std::string& spec : pipelines()) {
    for (const Numerics numerics : {Numerics::exact, Numerics::fast}) {
      auto parsed = parse_spec(spec);
      ASSERT_TRUE(parsed.ok()) << parsed.status().to_string();
      parsed->numerics = numerics;
      auto g = build_graph(*parsed);
      ASSERT_TRUE(g.ok()) << g.status().to_string();
      const auto count = [](const graph::Graph& graph) {
        return std::count_if(graph.nodes.begin(), graph.nodes.end(),
                             [](const auto& n) { return n.op == graph::Op::call; });
      };
      const auto before = count(*g);
      ASSERT_TRUE(passes::run(*g).ok());
      EXPECT_EQ(count(*g), before);
      const auto again = graph::parse(graph::print(*g));
      ASSERT_TRUE(again.ok()) << again.status().to_string();
      EXPECT_EQ(graph::print(*again), graph::print(*g));
    }
  }
}

std::string compile_error(const std::string& spec, const std::vector<std::string>& libraries) {
  CompileOptions options;
  options.engine = Engine::interp;
  options.libraries = libraries;
  return compile(spec, nullptr, options).status().to_string();
}

TEST(Call, ALibraryIsLoadedOnlyIfItIsNamed) {
  const std::string spec = image_spec(kResize + kInvert);
  const std::string start = "error[library.not_named] the pipeline calls \"invert\" of the library \"" +
                            kName +
                            "\", and a library is loaded only if it is named: expected --library PATH/" +
                            kName + " or, in code, the option `libraries`; ";
  EXPECT_EQ(compile_error(spec, {}), start + "none is named");
  EXPECT_EQ(compile_error(spec, {"/a/b.so"}), start + "/a/b.so is named");
  EXPECT_EQ(compile_error(spec, {"b.so", kLoud}), start + "b.so, " + kLoud + " are named");
  EXPECT_EQ(compile_error(spec, {kLibrary, kLoud}), "");  // what nobody calls is not touched
  EXPECT_EQ(compile_error(spec, {kLibrary, kLibrary}), "");
  EXPECT_EQ(compile_error(spec, {kLibrary, "/a/" + kName}),
            "error[library.same_name] " + kLibrary + " and /a/" + kName +
                " have the same name; a pipeline tells libraries apart by it");
  EXPECT_EQ(compile_error(spec, {"/nowhere/" + kName}),
            "error[library.load] /nowhere/" + kName + ": cannot be opened: No such file or directory");
  EXPECT_EQ(compile_error(image_spec(kResize + call("absent", R"("per": "row")")), {kLibrary}),
            "error[library.symbol] " + kLibrary + ": has no function \"absent\"");
  EXPECT_DEATH(
      compile_error(
          R"({"headrace": 1, "outputs": {"x": [{"op": "decode", "field": "image"}, {"op": "resize", "size": [8, 8]},
      {"op": "call", "symbol": "invert", "library": ")" +
              std::filesystem::path(kLoud).filename().string() + R"(", "per": "row"}]}})",
          {kLoud}),
      "");
}

TEST(Call, ProgramsKnowWhatTheyCall) {
  CompileOptions options;
  options.engine = Engine::interp;
  options.libraries = {kLibrary};
  const auto program = compile(pipelines()[3], nullptr, options);
  ASSERT_TRUE(program.ok()) << program.status().to_string();
  ASSERT_EQ((*program)->info().calls.size(), 2u);  // each once
  EXPECT_EQ((*program)->info().calls[0].symbol, "smear");
  EXPECT_EQ((*program)->info().calls[1].symbol, "invert");
  EXPECT_EQ((*program)->info().calls[1].library, kName);
}

#ifdef HEADRACE_WITH_AOT
TEST(Call, ObjectsNameTheirFunctionsAndAreRefusedWithoutTheLibrary) {
  const auto object = compile_object(pipelines()[0], nullptr);  // compiling one loads nothing
  ASSERT_TRUE(object.ok()) << object.status().to_string();
  const testing::TempDir dir;
  const std::string path = dir / "calls.so";
  testing::write_text(path, object->bytes);
  const auto info = read_object(path);
  ASSERT_TRUE(info.ok()) << info.status().to_string();
  ASSERT_EQ(info->program.calls.size(), 1u);
  EXPECT_EQ(info->program.calls[0].symbol, "invert");
  EXPECT_EQ(info->program.calls[0].library, kName);
  EXPECT_EQ(load_object(path).status().to_string(), compile_error(pipelines()[0], {}));
  EXPECT_TRUE(load_object(path, {.isa = {}, .libraries = {kLibrary}}).ok());
}

TEST(Call, CacheKeysHoldSymbolLibraryAndTypes) {
  const auto key = [](const std::string& ops) {
    auto parsed = parse_spec(image_spec(kResize + ops));
    EXPECT_TRUE(parsed.ok()) << parsed.status().to_string();
    auto g = build_graph(*parsed);
    EXPECT_TRUE(passes::run(*g).ok());
    return cache::key_of({Isa::x86_64_v3, {}, {}, *g}).hex;
  };
  std::set<std::string> keys;
  for (const char* ops : {R"("symbol": "f", "library": "a.so", "per": "row")",
                          R"("symbol": "g", "library": "a.so", "per": "row")",
                          R"("symbol": "f", "library": "b.so", "per": "row")",
                          R"("symbol": "f", "library": "a.so", "per": "image")",
                          R"("symbol": "f", "library": "a.so", "per": "row", "out": "f32")"}) {
    keys.insert(key(std::string(R"({"op": "call", )") + ops + "}"));
  }
  EXPECT_EQ(keys.size(), 5u);
}
#endif

}  // namespace
}  // namespace headrace
