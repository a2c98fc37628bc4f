// Texts of a pipeline that are read again: what is printed means the same, whatever form it has and however
// far it has come; and passes that are left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "compiler/lower/rect_bounds.h"
#include "compiler/passes/pass.h"
#include "headrace/pipeline.h"
#include "tests/compiler/plane_images.h"
#include "tests/compiler/program_testing.h"
#include "tests/compiler/random_spec.h"
#include "tests/compiler/random_stream.h"

namespace headrace::testing {
namespace {

constexpr const char* kSpec = R"({"headrace": 1, "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "random_resized_crop", "size": [24, 33]}, {"op": "random_horizontal_flip"},
              {"op": "normalize", "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.4]}, {"op": "convert", "dtype": "f16"}],
    "two": [{"op": "decode", "field": "image"}, {"op": "horizontal_flip"}, {"op": "resize", "short_side": 20}, {"op": "center_crop", "size": [9, 8]}],
    "label": [{"op": "field", "field": "label"}]},
  "batch": [{"op": "mixup", "outputs": ["image"]}]})";

#ifdef HEADRACE_WITH_JIT
constexpr Stage kLast = Stage::assembly;
#else
constexpr Stage kLast = Stage::loop;
#endif

std::string form(std::string_view text, Stage stage, std::optional<Stage> from = {},
                 const InspectOptions& base = {}) {
  InspectOptions options = base;
  options.from = from;
  const auto result = inspect(text, nullptr, stage, options);
  EXPECT_TRUE(result.ok()) << result.status().to_string() << "\n" << text;
  return result.ok() ? *result : "";
}

std::vector<std::string> specs() {
  std::vector<std::string> all = {kSpec};
  for (const auto& entry : std::filesystem::directory_iterator(HEADRACE_SOURCE_DIR "/examples")) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  EXPECT_GT(all.size(), 3u);
  for (uint64_t n = 0; n < 30; ++n) {
    all.push_back(random_spec(4, n * 2, 2, n % 2 ? Numerics::exact : Numerics::fast).json);
  }
  return all;
}

TEST(Reentry, AGraphGoesOnToTheSameForms) {
  for (const std::string& spec : specs()) {
    const std::string graph = form(spec, Stage::graph), optimised = form(spec, Stage::graph_opt),
                      loops = form(spec, Stage::loop);
    EXPECT_EQ(form(graph, Stage::graph, Stage::graph), graph);
    EXPECT_EQ(form(graph, Stage::graph_opt, Stage::graph), optimised);
    EXPECT_EQ(form(graph, Stage::loop, Stage::graph), loops);
    EXPECT_EQ(form(optimised, Stage::graph_opt, Stage::graph_opt), optimised);
    EXPECT_EQ(form(optimised, Stage::loop, Stage::graph_opt), loops);
    EXPECT_EQ(form(loops, Stage::loop, Stage::loop), loops);
    ASSERT_FALSE(HasFailure()) << spec;
  }
}

TEST(Reentry, PassesChangeNothingTheSecondTime) {
  for (const std::string& spec : specs()) {
    const std::string optimised = form(spec, Stage::graph_opt);
    ASSERT_EQ(form(optimised, Stage::graph_opt, Stage::graph), optimised) << spec;
    InspectOptions second;
    second.on_pass = [&](const PassReport& r) { EXPECT_FALSE(r.changed) << r.name << "\n" << spec; };
    form(optimised, Stage::graph_opt, Stage::graph, second);
  }
}

// A graph between two passes, read again, becomes what it would have become.
TEST(Reentry, AGraphBetweenTwoPassesGoesOn) {
  for (const std::string& spec : {std::string(kSpec), random_spec(4, 8, 2, Numerics::fast).json,
                                  random_spec(4, 8, 2, Numerics::exact).json}) {
    const std::string optimised = form(spec, Stage::graph_opt);
    for (const passes::Pass& pass : passes::all()) {
      InspectOptions until;
      until.stop_after = pass.name;
      const std::string between = form(spec, Stage::graph_opt, {}, until);
      EXPECT_EQ(form(between, Stage::graph_opt, Stage::graph), optimised) << pass.name << "\n" << spec;
    }
  }
}

#ifdef HEADRACE_WITH_JIT
TEST(Reentry, LoopsGoOnToTheSameCode) {
  for (const Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::armv8_neon}) {
    InspectOptions options;
    options.isa = isa;
    const std::string loops = form(kSpec, Stage::loop, {}, options);
    for (const Stage stage : {Stage::llvm, Stage::llvm_opt, Stage::assembly}) {
      EXPECT_EQ(form(loops, stage, Stage::loop, options), form(kSpec, stage, {}, options)) << isa_name(isa);
    }
  }
}
#endif

TEST(Reentry, APipelineIsTheSameMadeFromAGraph) {
  const TestImage jpeg = random_jpeg(90, 71, 3, 90, 2, 2),
                  packed = packed_image({jpeg.bytes.data(), jpeg.size});
  for (const Engine engine : {Engine::interp, Engine::loop_interp, Engine::jit}) {
    if (kLast != Stage::assembly && engine == Engine::jit) continue;
    CompileOptions options;
    options.engine = engine;
    const auto direct = compile(kSpec, nullptr, options);
    ASSERT_TRUE(direct.ok()) << direct.status().to_string();
    for (const Stage from : {Stage::graph, Stage::graph_opt}) {
      options.from = from;
      const auto again = compile(form(kSpec, from), nullptr, options);
      ASSERT_TRUE(again.ok()) << again.status().to_string();
      EXPECT_EQ((*again)->info().key, (*direct)->info().key);
      for (uint64_t sample = 0; sample < 4; ++sample) {
        for (const TestImage* image : {&jpeg, &packed}) {
          EXPECT_EQ(difference(run_program(**direct, *image, {1, 2, sample}),
                               run_program(**again, *image, {1, 2, sample})),
                    "");
        }
      }
    }
    options.from.reset();
  }
}

TEST(Reentry, AnEditIsWhatRuns) {
  std::string graph = form(kSpec, Stage::graph_opt);
  const size_t at = graph.find("filter=\"bilinear\"");
  ASSERT_NE(at, std::string::npos) << graph;
  graph.replace(at, 17, "filter=\"area\"");
  std::string other = kSpec;
  other.replace(other.find("[24, 33]"), 8, "[24, 33], \"filter\": \"area\"");
  EXPECT_EQ(form(graph, Stage::loop, Stage::graph_opt), form(other, Stage::loop));
}

std::string error_of(const std::string& text, Stage from, Stage stage = Stage::loop,
                     const Dataset* dataset = nullptr) {
  InspectOptions options;
  options.from = from;
  const auto result = inspect(text, dataset, stage, options);
  return result.ok() ? "" : result.status().to_string();
}

TEST(Reentry, ErrorsNameLineAndColumn) {
  EXPECT_EQ(error_of("graph fast {\n  %0 = recrod : record\n}", Stage::graph),
            "error[ir.syntax] line 2, column 8: unknown op 'recrod'");
  // What only a look at the whole finds: values by their place, not by their number.
  EXPECT_EQ(
      error_of("graph fast {\n  %r = record : record\n  %x = field %r {kind=\"image\", name=\"i\"} : coded\n"
               "  %s = image_size %x : size   %d = decode %x, %s : image<u8, ? ? 3>\n  output \"a b\" %d\n}",
               Stage::graph),
      "error[ir.verify] line 4, column 31: %3 decode: operand 1 must not be size\n"
      "error[ir.verify] line 5, column 3: output \"a b\": must be a tensor, a scalar, a row or a vector, is "
      "image<u8, ? ? 3>");
  EXPECT_EQ(error_of("graph fast {\n}", Stage::graph_opt),
            "error[ir.verify] graph: the first value must be the record\nerror[ir.verify] graph: there are "
            "no outputs");
  std::string mixed = form(kSpec, Stage::graph_opt);
  const size_t pair = mixed.find("pair {output=\"image\"}");
  ASSERT_NE(pair, std::string::npos) << mixed;
  mixed.replace(pair, 21, "pair {output=\"imago\"}");
  const std::string error = error_of(mixed, Stage::graph_opt);
  const long line = 1 + std::count(mixed.begin(), mixed.begin() + long(pair), '\n');
  EXPECT_EQ(error.find("error[ir.verify] line " + std::to_string(line) + ", column 3: batch %"), 0u) << error;

  EXPECT_EQ(error_of("func @f(%p: ptr) {\n  %a = const 1 : i64\n  if %a {\n  }\n  %b = load %p [0] : f32\n  "
                     "store %b, %b [0]\n}",
                     Stage::loop),
            "error[ir.verify] line 3, column 3: @f: if: takes an i1\n"
            "error[ir.verify] line 6, column 3: @f: store: takes a value, ptr and optionally i64");
}

TEST(Reentry, WhatDoesNotGoTogetherIsSaid) {
  const std::string graph = form(kSpec, Stage::graph), optimised = form(kSpec, Stage::graph_opt),
                    loops = form(kSpec, Stage::loop);
  EXPECT_EQ(error_of(optimised, Stage::graph_opt, Stage::graph),
            "error[compile.from] the text is a later form than the one that is asked for");
  CompileOptions options;
  options.engine = Engine::interp;
  options.from = Stage::loop;
  EXPECT_EQ(compile(loops, nullptr, options).status().to_string(),
            "error[compile.from] a pipeline is made from a spec or a graph; later forms do not say what its "
            "fields and outputs are");
  options.from = Stage::graph_opt;
  options.numerics = Numerics::exact;
  EXPECT_EQ(compile(optimised, nullptr, options).status().to_string(),
            "error[compile.numerics] the graph is fast, and after the passes it stays so");
  options.numerics = Numerics::fast;
  EXPECT_TRUE(compile(optimised, nullptr, options).ok());
  options.disable = {"cleanup"};
  EXPECT_EQ(compile(optimised, nullptr, options).status().to_string(),
            "error[compile.from] the graph has been through the passes: none is run that could be left out "
            "or stopped after");
  options = {};
  options.engine = Engine::interp;
  options.from = Stage::graph;
  options.numerics = Numerics::exact;
  const auto exact = compile(graph, nullptr, options);
  ASSERT_TRUE(exact.ok()) << exact.status().to_string();
  EXPECT_EQ((*exact)->info().numerics, Numerics::exact);
}

// Puts another value, word or number in place of one of the text's.
std::string mutated(const std::string& graph, RandomStream& random) {
  static constexpr const char* kWords[] = {"\"none\"",     "\"copy\"", "\"pillow8\"", "\"q14\"",
                                           "\"bilinear\"", "\"area\"", "\"nearest\"", "planes=0",
                                           "planes=1",     "value=0",  "value=1",     "\"NHWC\"",
                                           "\"NCHW\"",     "\"u8\"",   "\"f32\""};
  std::string text = graph;
  for (int edits = 1 + int(random.below(2)); edits > 0; --edits) {
    if (random.percent(60)) {
      // An operand: a value that stands after '='.
      const size_t from = size_t(random.below(int64_t(text.size())));
      const size_t line = text.find('=', from), at = line == std::string::npos ? line : text.find('%', line);
      if (at == std::string::npos || text.substr(line, at - line).find('\n') != std::string::npos) continue;
      size_t end = at + 1;
      while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
      text.replace(at, end - at, "%" + std::to_string(random.below(20)));
    } else {
      const std::string from = random.pick(kWords), to = random.pick(kWords);
      std::vector<size_t> places;
      for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1))
        places.push_back(at);
      if (!places.empty()) text.replace(random.pick(places), from.size(), to);
    }
  }
  return text;
}

// Whatever an edit makes of a graph: it is refused, or it runs on every engine to the same bytes or the same
// error.
TEST(Reentry, EditsAreRefusedOrRunAlike) {
  const TestImage jpeg = random_jpeg(90, 71, 3, 90, 2, 2);
  const TestImage images[] = {random_rgb(61, 54, 4), jpeg, packed_image({jpeg.bytes.data(), jpeg.size})};
  int valid = 0, ran = 0;
  for (const Stage from : {Stage::graph, Stage::graph_opt}) {
    const std::string graph = form(kSpec, from);
    RandomStream random(17, uint64_t(from));
    for (int n = 0; n < 700; ++n) {
      const std::string text = mutated(graph, random);
      CompileOptions options;
      options.from = from;
      options.engine = Engine::interp;
      const auto reference = compile(text, nullptr, options);
      if (!reference.ok()) {
        EXPECT_TRUE(reference.status().code().starts_with("ir.")) << reference.status().to_string() << "\n"
                                                                  << text;
        continue;
      }
      ++valid;
      options.engine = Engine::loop_interp;
      const auto lowered = compile(text, nullptr, options);
      if (!lowered.ok()) {
        ASSERT_EQ(lowered.status().code(), "compile.not_lowered") << lowered.status().to_string() << "\n"
                                                                  << text;
        continue;
      }
      ++ran;
      for (const TestImage& image : images) {
        const RunResult a = run_program(**reference, image, {4, 0, 9}),
                        b = run_program(**lowered, image, {4, 0, 9});
        ASSERT_EQ(difference(a, b), "") << text;
      }
    }
  }
  EXPECT_GT(valid, 100);
  EXPECT_GT(ran, 50);
}

// A window of one size in an image of another: compiled code finds out before it reads anything.
TEST(Reentry, RectanglesOfOtherImagesAreChecked) {
  constexpr const char* kGraph = R"(graph fast {
    %record = record : record
    %field = field %record {kind="image", name="image"} : coded
    %large = image_size %field : size
    %all = full_rect %large : rect
    %small = const_size {height=10, width=12} : size
    %window = center_crop_rect %small {height=8, width=9} : rect
    %far = center_crop_rect %large {height=8, width=9} : rect
    %beyond = compose_rect %far, %all : rect
    %no = const_bool {value=0} : bool
    %image = resample %field, RECT, %small, WINDOW, %no, %no, %no, %no {arith="pillow8", filter="bilinear", planes=0} : image<u8, 8 9 3>
    %laid_out = layout %image {layout="NHWC"} : tensor<u8, 8 9 3, NHWC>
    %strips = strips %laid_out : tensor<u8, 8 9 3, NHWC>
    output "x" %strips
  })";
  struct Case {
    const char *rect, *window;
    hr_result code;
  };
  const TestImage image = random_rgb(40, 30, 4);
  std::vector<Engine> engines = {Engine::interp, Engine::loop_interp};
  if (kLast == Stage::assembly) engines.push_back(Engine::jit);
  for (const Case& c :
       {Case{"%all", "%window", HR_OK}, Case{"%far", "%window", HR_OK},
        Case{"%all", "%far", HR_E_CROP_OUTSIDE}, Case{"%beyond", "%window", HR_E_CROP_OUTSIDE}}) {
    std::string text = kGraph;
    text.replace(text.find("RECT"), 4, c.rect);
    text.replace(text.find("WINDOW"), 6, c.window);
    CompileOptions options;
    options.from = Stage::graph_opt;
    for (const Engine engine : engines) {
      options.engine = engine;
      const auto program = compile(text, nullptr, options);
      ASSERT_TRUE(program.ok()) << program.status().to_string();
      EXPECT_EQ(run_program(**program, image, {1, 2, 3}).code, c.code)
          << c.rect << " " << c.window << " " << engine_name(engine);
    }
  }
}

// What comes from a spec lies where it must by how it is made, and costs no check.
TEST(Reentry, RectanglesOfSpecsNeedNoCheck) {
  size_t resamples = 0;
  for (const std::string& spec : specs()) {
    const Expected<graph::Graph> g = graph::parse(form(spec, Stage::graph_opt));
    ASSERT_TRUE(g.ok()) << g.status().to_string();
    for (const graph::Node& n : g->nodes) {
      if (n.op != graph::Op::resample) continue;
      ++resamples;
      EXPECT_TRUE(lowering::rect_lies_in_source(*g, n)) << graph::print(*g);
      EXPECT_TRUE(lowering::window_lies_in_result(*g, n)) << graph::print(*g);
    }
  }
  EXPECT_GT(resamples, 60u);
}

// Every pass alone, and two at a time: the pipeline runs on every engine to the bytes of the graph there is,
// or it is said what is missing.
TEST(DisabledPasses, GiveThePipelineOrSayWhatIsMissing) {
  const TestImage jpeg = random_jpeg(90, 71, 3, 90, 2, 2);
  const TestImage images[] = {random_rgb(61, 54, 4), jpeg, packed_image({jpeg.bytes.data(), jpeg.size})};
  std::vector<std::vector<std::string>> lists;
  for (const passes::Pass& a : passes::all()) {
    lists.push_back({std::string(a.name)});
    for (const passes::Pass& b : passes::all()) {
      if (&a < &b) lists.push_back({std::string(a.name), std::string(b.name)});
    }
  }
  int ran = 0, refused = 0;
  for (const std::vector<std::string>& list : lists) {
    CompileOptions options;
    options.disable = list;
    options.engine = Engine::interp;
    const auto reference = compile(kSpec, nullptr, options);
    ASSERT_TRUE(reference.ok()) << list[0] << ": " << reference.status().to_string();
    options.engine = Engine::loop_interp;
    const auto lowered = compile(kSpec, nullptr, options);
    if (!lowered.ok()) {
      EXPECT_EQ(lowered.status().code(), "compile.not_lowered")
          << list[0] << ": " << lowered.status().to_string();
      ++refused;
      continue;
    }
    ++ran;
    for (const TestImage& image : images) {
      const RunResult expected = run_program(**reference, image, {4, 0, 9});
      EXPECT_EQ(expected.code, HR_OK) << list[0];
      EXPECT_EQ(difference(expected, run_program(**lowered, image, {4, 0, 9})), "")
          << list[0] << " " << list.back();
    }
  }
  EXPECT_GT(ran, 20);
  EXPECT_GT(refused, 10);
}

TEST(DisabledPasses, AreNamedWhereTheyAreNeeded) {
  CompileOptions options;
  options.engine = Engine::loop_interp;
  options.disable = {"fuse-resample"};
  EXPECT_EQ(compile(kSpec, nullptr, options).status().to_string(),
            "error[compile.not_lowered] decode: cannot be lowered to loops here; the pass fuse-resample must "
            "run first");
  options.disable = {"fuse-strips"};
  EXPECT_EQ(compile(kSpec, nullptr, options).status().to_string(),
            "error[compile.not_lowered] layout: cannot be lowered to loops here; the pass fuse-strips must "
            "run first");
  options.disable = {"infer", "fuse-stirps"};
  EXPECT_EQ(compile(kSpec, nullptr, options).status().to_string(),
            "error[compile.unknown_pass] there is no pass \"fuse-stirps\"; did you mean \"fuse-strips\"?");
}

}  // namespace
}  // namespace headrace::testing
