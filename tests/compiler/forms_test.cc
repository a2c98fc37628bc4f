// The textual forms of a pipeline, from the pass list to assembly.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "headrace/pipeline.h"

namespace headrace {
namespace {

constexpr const char* kSpec = R"({"headrace": 1, "numerics": "fast", "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "random_resized_crop", "size": [48, 33], "filter": "area"},
              {"op": "random_horizontal_flip"}, {"op": "convert", "dtype": "bf16", "scale": 0.5}],
    "crop": [{"op": "decode", "field": "image"}, {"op": "random_crop", "size": [16, 17]},
             {"op": "normalize", "mean": [0, 0, 0], "std": [1, 1, 1]}, {"op": "convert", "dtype": "f16"}],
    "two": [{"op": "decode", "field": "image"}, {"op": "resize", "short_side": 20, "filter": "nearest"},
            {"op": "resize", "size": [9, 8], "antialias": false}, {"op": "layout", "layout": "NCHW"}],
    "class": [{"op": "field", "field": "label"}, {"op": "one_hot", "classes": 10}],
    "label": [{"op": "field", "field": "label"}]},
  "batch": [{"op": "random_choice", "ops": [{"op": "mixup", "outputs": ["image", "crop", "two", "class"]},
                                            {"op": "cutmix", "outputs": ["two", "class"]}]}]})";
constexpr const char* kPassNames =
    "infer, canonicalize, hoist-geometry, fold-flips, fuse-resample, compose-affine, widen-resample, "
    "resample-planes, "
    "fuse-strips, cleanup";

std::string form(Stage stage, const InspectOptions& options = {}) {
  const auto text = inspect(kSpec, nullptr, stage, options);
  EXPECT_TRUE(text.ok()) << text.status().to_string();
  return text.ok() ? *text : "";
}

TEST(Passes, RunInTheDocumentedOrder) {
  std::string names;
  for (const passes::Pass& p : passes::all()) names += (names.empty() ? "" : ", ") + std::string(p.name);
  EXPECT_EQ(names, kPassNames);
  std::string reported;
  InspectOptions options;
  options.on_pass = [&](const PassReport& r) {
    reported += (reported.empty() ? "" : ", ") + r.name;
    EXPECT_EQ(r.approx, r.name == "compose-affine" || r.name == "widen-resample" || r.name == "resample-planes") << r.name;
  };
  form(Stage::graph_opt, options);
  EXPECT_EQ(reported, kPassNames);
}

TEST(Passes, ApproximateOnesAreLeftOutInExactNumerics) {
  std::string reported;
  InspectOptions options;
  options.numerics = Numerics::exact;
  options.on_pass = [&](const PassReport& r) { reported += r.name + " "; };
  form(Stage::graph_opt, options);
  EXPECT_EQ(reported, "infer canonicalize hoist-geometry fold-flips fuse-resample fuse-strips cleanup ");
}

TEST(Passes, StopAfterGivesTheGraphAfterThatPass) {
  std::vector<PassReport> reports;
  InspectOptions all;
  all.on_pass = [&](const PassReport& r) { reports.push_back(r); };
  const std::string last = form(Stage::graph_opt, all);
  ASSERT_EQ(reports.size(), passes::all().size());
  EXPECT_EQ(last, reports.back().text);
  std::string before = form(Stage::graph);
  for (const PassReport& r : reports) {
    InspectOptions options;
    options.stop_after = r.name;
    EXPECT_EQ(form(Stage::graph_opt, options), r.text) << r.name;
    EXPECT_EQ(r.changed, r.text != before) << r.name;
    before = r.text;
  }
}

TEST(Passes, AnUnknownPassIsNamed) {
  InspectOptions options;
  options.stop_after = "fuse-strip";
  const auto text = inspect(kSpec, nullptr, Stage::graph_opt, options);
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.status().to_string(),
            "error[compile.unknown_pass] there is no pass \"fuse-strip\"; did you mean \"fuse-strips\"?");
  options.stop_after = "polish";
  EXPECT_EQ(inspect(kSpec, nullptr, Stage::graph_opt, options).status().to_string(),
            "error[compile.unknown_pass] there is no pass \"polish\"; the passes are " + std::string(kPassNames));
}

TEST(Passes, LoweringNeedsThePasses) {
  InspectOptions options;
  options.stop_after = "canonicalize";
  const auto text = inspect(kSpec, nullptr, Stage::loop, options);
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.status().to_string(),
            "error[compile.not_lowered] decode: cannot be lowered to loops here; the pass fuse-resample must run first");
}

#ifdef HEADRACE_WITH_JIT
std::set<std::string> stage_names() {
  std::set<std::string> names;
  const std::string text = form(Stage::loop);
  const std::regex header("func @(\\w+)\\(");
  for (std::sregex_iterator it(text.begin(), text.end(), header), end; it != end; ++it)
    names.insert((*it)[1]);
  return names;
}

// Everything code may call: its own stages, the listed kernels, and what a compiler may put in for copies.
std::set<std::string> allowed_callees() {
  std::set<std::string> names = stage_names();
  for (const loop::Extern& e : kernel_externs()) names.emplace(e.name);
  names.insert({"memcpy", "memset", "memmove"});
  return names;
}

constexpr Isa kIsas[] = {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2};

std::set<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it)
    found.insert((*it)[1]);
  return found;
}

TEST(Forms, LlvmDefinesEveryStageAndCallsOnlyWhatIsListed) {
  const std::set<std::string> stages = stage_names(), allowed = allowed_callees();
  ASSERT_GE(stages.size(), 10u);
  for (const Isa isa : kIsas) {
    for (const Stage stage : {Stage::llvm, Stage::llvm_opt}) {
      InspectOptions options;
      options.isa = isa;
      const std::string text = form(stage, options);
      EXPECT_EQ(matches(text, std::regex("define [^@\n]*@(\\w+)\\(")), stages) << isa_name(isa);
      for (const std::string& callee : matches(text, std::regex("call [^@\n]*@([\\w.$]+)\\("))) {
        EXPECT_TRUE(callee.starts_with("llvm.") || allowed.count(callee)) << callee;
      }
      // Strict arithmetic: nothing may be contracted, reassociated or taken for finite.
      EXPECT_TRUE(matches(text, std::regex("\\b(fast|contract|reassoc|nnan|ninf|nsz|arcp|afn)\\b")).empty())
          << isa_name(isa);
    }
  }
}

TEST(Forms, AssemblyHasEveryStageAndCallsOnlyWhatIsListed) {
  const std::set<std::string> stages = stage_names(), allowed = allowed_callees();
  for (const Isa isa : kIsas) {
    InspectOptions options;
    options.isa = isa;
    const std::string text = form(Stage::assembly, options);
    const std::set<std::string> labels = matches(text, std::regex("(?:^|\n)(\\w+):"));
    for (const std::string& stage : stages) EXPECT_TRUE(labels.count(stage)) << stage;
    const std::set<std::string> callees = matches(text, std::regex("\n\\s+(?:call|jmp)q?\\s+([^\\s#]+)"));
    std::set<std::string> called;
    for (const std::string& callee : callees) {
      if (callee.starts_with(".L")) continue;
      const std::string name = callee.substr(0, callee.find('@'));
      EXPECT_TRUE(allowed.count(name)) << isa_name(isa) << " calls " << callee;
      called.insert(name);
    }
    EXPECT_TRUE(called.count("hr_image_rows"));
    EXPECT_NE(text.find("%ymm"), std::string::npos);
    EXPECT_EQ(text.find("%zmm"), std::string::npos) << isa_name(isa) << " has vectors of more than 256 bits";
  }
}
#endif

}  // namespace
}  // namespace headrace
