// Keys tell whatever changes code: every option and attribute that goes into a compilation is flipped, one at
// a time. Where code comes out different, the key of the object cache, that of an object and those of its
// functions must be, too; and where nothing is different, they must not.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "compiler/aot/object_build.h"
#include "compiler/cache/recipe.h"
#include "compiler/codegen/compile.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/front_end.h"
#include "headrace/compile_object.h"
#include "headrace/pipeline.h"

namespace headrace {
namespace {

constexpr const char* kImage =
    R"({"headrace": 1, "numerics": "fast", "loader": {"order": "random", "tail": "drop"}, "outputs": {
    "image": [{"op": "decode", "field": "photo", "idct_scale": "none"},
              {"op": "random_resized_crop", "size": [24, 33], "scale": [0.25, 1], "ratio": [0.75, 1.5],
               "filter": "bilinear", "antialias": true},
              {"op": "random_horizontal_flip", "p": 0.5},
              {"op": "normalize", "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.4], "range": [0, 1]},
              {"op": "convert", "dtype": "f16"}, {"op": "layout", "layout": "NCHW"}]}})";
constexpr const char* kOthers = R"({"headrace": 1, "numerics": "exact", "outputs": {
    "crop": [{"op": "decode", "field": "image"}, {"op": "random_vertical_flip", "p": 0.25}, {"op": "random_crop", "size": [16, 17]},
             {"op": "convert", "dtype": "bf16", "scale": 0.5}],
    "spot": [{"op": "decode", "field": "image"}, {"op": "crop", "top": 1, "left": 2, "size": [8, 9]}, {"op": "vertical_flip"}],
    "short": [{"op": "decode", "field": "image"}, {"op": "resize", "short_side": 20}, {"op": "center_crop", "size": [16, 15]}],
    "class": [{"op": "field", "field": "label"}, {"op": "one_hot", "classes": 10}, {"op": "label_smoothing", "epsilon": 0.1}],
    "key": [{"op": "field", "field": "key", "length": 12}]},
  "batch": [{"op": "mixup", "outputs": ["crop", "class"], "alpha": 0.5, "p": 0.75}]})";

// A text in a spec, and what stands there instead: an attribute's value.
struct Flip {
  const char *from, *to;
};

constexpr Flip kImageFlips[] = {
    {"\"fast\"", "\"exact\""},
    {"\"photo\"", "\"image\""},
    {"\"none\"", "\"auto\""},
    {"[24, 33]", "[24, 34]"},
    {"[24, 33]", "[23, 33]"},
    {"[0.25, 1]", "[0.26, 1]"},
    {"[0.25, 1]", "[0.25, 0.75]"},
    {"[0.75, 1.5]", "[0.75, 1.25]"},
    {"[0.75, 1.5]", "[0.5, 1.5]"},
    {"\"bilinear\", \"antialias\": true", "\"area\""},
    {"true", "false"},
    {"\"p\": 0.5", "\"p\": 0.25"},
    {"random_horizontal", "random_vertical"},
    {"[0.4, 0.5, 0.6]", "[0.4, 0.5, 0.61]"},
    {"[0.2, 0.3, 0.4]", "[0.25, 0.3, 0.4]"},
    {"[0, 1]", "[0, 255]"},
    {"\"f16\"", "\"bf16\""},
    {"\"f16\"", "\"f32\""},
    {"\"NCHW\"", "\"NHWC\""},
};
constexpr Flip kOtherFlips[] = {
    {"\"exact\"", "\"fast\""},
    {"0.25", "0.5"},
    {"[16, 17]", "[16, 18]"},
    {"\"scale\": 0.5", "\"scale\": 0.25"},
    {"\"bf16\"", "\"f32\""},
    {"\"top\": 1", "\"top\": 3"},
    {"\"left\": 2", "\"left\": 0"},
    {"[8, 9]", "[9, 9]"},
    {"{\"op\": \"vertical_flip\"}", "{\"op\": \"horizontal_flip\"}"},
    {"\"short_side\": 20", "\"short_side\": 21"},
    {"[16, 15]", "[16, 16]"},
    {"\"classes\": 10", "\"classes\": 11"},
    {"0.1}", "0.2}"},
    {"\"length\": 12", "\"length\": 13"},
    {"\"alpha\": 0.5", "\"alpha\": 1"},
    {"\"p\": 0.75", "\"p\": 1"},
    {"\"crop\", \"class\"", "\"class\""},
    {"\"field\": \"label\"", "\"field\": \"other\""},
};

std::string flipped(const std::string& spec, const Flip& flip) {
  std::string text = spec;
  const size_t at = text.find(flip.from);
  EXPECT_NE(at, std::string::npos) << flip.from;
  if (at != std::string::npos) text.replace(at, std::string(flip.from).size(), flip.to);
  return text;
}

struct Options {
  Isa isa = Isa::x86_64_v3;
  Facts facts = {.packed = false, .ycc = false};
  ScheduleOptions schedule = {};
  std::vector<std::string> disable = {};
};

struct Made {
  std::string cache_key, object_key, code;
};

// Every compilation there was, to find two of one key.
class Compilations {
 public:
  Made make(const std::string& spec, const Options& options) {
    Expected<FrontEnd> read = front_end(spec, nullptr, {});
    EXPECT_TRUE(read.ok()) << read.status().to_string();
    if (!read.ok()) return {};
    FrontEnd& front = *read;
    passes::Options passes;
    passes.disable = options.disable;
    EXPECT_TRUE(passes::run(front.graph, passes).ok());
    const cache::Recipe recipe{options.isa, schedule_for(options.isa, options.schedule), options.facts,
                               front.graph};
    Made made;
    made.cache_key = cache::key_of(recipe).hex;
    EXPECT_EQ(made.cache_key.size(), 64u);
    const aot::LevelChoice level{recipe.isa, recipe.schedule};
    ObjectInfo about;
    about.name = "pipeline";
    const auto build = aot::build_object(recipe.graph, recipe.facts, std::span(&level, 1), about);
    EXPECT_TRUE(build.ok()) << build.status().to_string();
    if (!build.ok()) return made;
    made.object_key = build->info.key;
    const auto objects = codegen::compile_objects(build->levels[0].module, build->levels[0].target, 2);
    EXPECT_TRUE(objects.ok()) << objects.status().to_string();
    if (!objects.ok()) return made;
    for (const codegen::Object& o : *objects) {
      made.code += o.name + "\n" + o.bytes;
      expect_one_code("function " + o.key, o.bytes);
    }
    expect_one_code("cache " + made.cache_key, made.code);
    expect_one_code("object " + made.object_key, made.code);
    return made;
  }

 private:
  void expect_one_code(const std::string& key, const std::string& code) {
    const auto [at, is_new] = code_.emplace(key, codegen::sha256_hex(code));
    EXPECT_TRUE(is_new || at->second == codegen::sha256_hex(code)) << "two codes for one key: " << key;
  }

  std::map<std::string, std::string> code_;
};

void expect_other(const Made& base, const Made& flipped, const std::string& what) {
  EXPECT_NE(base.code, flipped.code) << what << " changes nothing: it is no test";
  EXPECT_NE(base.cache_key, flipped.cache_key) << what;
  EXPECT_NE(base.object_key, flipped.object_key) << what;
}

void expect_same(const Made& base, const Made& flipped, const std::string& what) {
  EXPECT_EQ(base.cache_key, flipped.cache_key) << what;
  EXPECT_EQ(base.object_key, flipped.object_key) << what;
  EXPECT_EQ(base.code, flipped.code) << what;
}

TEST(KeySoundness, OfEveryAttributeOfASpec) {
  Compilations all;
  const Made image = all.make(kImage, {}), others = all.make(kOthers, {});
  std::set<std::string> codes = {image.code, others.code};
  for (const Flip& f : kImageFlips) {
    const Made made = all.make(flipped(kImage, f), {});
    EXPECT_NE(made.cache_key, image.cache_key) << f.to;
    // A field's name is no part of the code, but of what an object says of itself.
    EXPECT_NE(made.object_key, image.object_key) << f.to;
    codes.insert(made.code);
  }
  for (const Flip& f : kOtherFlips) {
    const Made made = all.make(flipped(kOthers, f), {});
    EXPECT_NE(made.cache_key, others.cache_key) << f.to;
    EXPECT_NE(made.object_key, others.object_key) << f.to;
    codes.insert(made.code);
  }
  // All but the names of fields.
  EXPECT_GE(codes.size() + 3, 2 + std::size(kImageFlips) + std::size(kOtherFlips));
}

TEST(KeySoundness, OfTheLevel) {
  Compilations all;
  std::set<std::string> cache_keys, object_keys, codes;
  for (const Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2, Isa::armv8_neon}) {
    const Made made = all.make(kImage, {.isa = isa, .facts = {.packed = true, .ycc = false}});
    cache_keys.insert(made.cache_key);
    object_keys.insert(made.object_key);
    codes.insert(made.code);
  }
  EXPECT_EQ(cache_keys.size(), 4u);
  EXPECT_EQ(object_keys.size(), 4u);
  EXPECT_EQ(codes.size(), 4u);
}

TEST(KeySoundness, OfTheEncodings) {
  Compilations all;
  const Made base = all.make(kImage, {});
  for (const Facts facts : {Facts{true, false}, Facts{false, true}, Facts{true, true}}) {
    expect_other(base, all.make(kImage, {.facts = facts}), "packed " + std::to_string(facts.packed));
  }
}

TEST(KeySoundness, OfEveryChoiceOfASchedule) {
  Compilations all;
  const Options base{.isa = Isa::x86_64_v4, .facts = {.packed = true, .ycc = false}};
  const Made made = all.make(kImage, base);
  const Schedule own = schedule_for(base.isa);
  const int defaults[] = {own.vector_bits, own.strip_rows(), own.unroll, own.idct_columns};
  ASSERT_EQ(std::size(defaults), schedule_fields().size());
  for (size_t i = 0; i < schedule_fields().size(); ++i) {
    const ScheduleField& f = schedule_fields()[i];
    for (const int value : f.values) {
      Options options = base;
      options.schedule.*f.member = value;
      const std::string what = std::string(f.name) + " " + std::to_string(value);
      // What is said that would be chosen anyway makes no difference.
      if (value == defaults[i])
        expect_same(made, all.make(kImage, options), what);
      else
        expect_other(made, all.make(kImage, options), what);
    }
  }
  Options narrow{.isa = Isa::x86_64_v3};
  const Made v3 = all.make(kImage, narrow);
  narrow.schedule.vector_bits = 512;
  expect_same(v3, all.make(kImage, narrow), "vectors that are wider than the registers");
}

TEST(KeySoundness, OfPassesThatAreLeftOut) {
  Compilations all;
  const Made base = all.make(kImage, {});
  size_t different = 0;
  for (const passes::Pass& pass : passes::all()) {
    if (pass.name == "fuse-resample" || pass.name == "fuse-strips")
      continue;  // nothing can be lowered without
    const Made made = all.make(kImage, {.disable = {std::string(pass.name)}});
    different += made.code != base.code;
  }
  EXPECT_GT(different, 0u);
}

TEST(KeySoundness, WhatDoesNotMatterChangesNoKey) {
  Compilations all;
  const Made base = all.make(kImage, {});
  expect_same(base, all.make(kImage, {}), "compiling once more");
  expect_same(base, all.make(flipped(kImage, {"{\"headrace\": 1, ", "{  \"headrace\":1,\n"}), {}),
              "white space");
  expect_same(base,
              all.make(flipped(kImage, {"\"size\": [24, 33], \"scale\": [0.25, 1]",
                                        "\"scale\": [0.25, 1.0], \"size\": [24, 33]"}),
                       {}),
              "the order of keys, and how numbers are written");
  expect_same(base, all.make(flipped(kImage, {", \"range\": [0, 1]", ""}), {}),
              "a default that is written down");
  expect_same(base, all.make(flipped(kImage, {"\"order\": \"random\"", "\"order\": \"sequential\""}), {}),
              "the loader's order");
  expect_same(base, all.make(flipped(kImage, {"\"tail\": \"drop\"", "\"tail\": \"pad\""}), {}),
              "the loader's tail");
}

// The same of whole objects, by the public interface: here the spec and the loader's settings are in the
// object.
TEST(KeySoundness, OfObjects) {
  std::map<std::string, std::string> bytes_by_key;
  const auto add = [&](const std::string& spec, const CompileObjectOptions& options, bool is_new) {
    const auto made = compile_object(spec, nullptr, options);
    ASSERT_TRUE(made.ok()) << made.status().to_string();
    const auto [at, added] = bytes_by_key.emplace(made->info.key, made->bytes);
    EXPECT_EQ(at->second, made->bytes) << "two objects of one key";
    EXPECT_EQ(added, is_new);
  };
  CompileObjectOptions options;
  options.levels = {Isa::x86_64_v3};
  add(kImage, options, true);
  options.threads = 3;
  add(kImage, options, false);
  options.threads = 0;
  add(flipped(kImage, {"\"tail\": \"drop\"", "\"tail\": \"pad\""}), options, true);
  options.name = "other";
  add(kImage, options, true);
  options.name = "pipeline";
  options.numerics = Numerics::fast;
  add(kImage, options, false);
  options.numerics = Numerics::exact;
  add(kImage, options, true);
  options.numerics.reset();
  options.levels = {Isa::x86_64_v3, Isa::x86_64_v4};
  add(kImage, options, true);
  options.levels = {Isa::x86_64_v4, Isa::x86_64_v3, Isa::x86_64_v4};
  add(kImage, options, false);
  options.levels = {Isa::x86_64_v3};
  options.schedule.unroll = 2;
  add(kImage, options, true);
  options.schedule.unroll = 1;
  add(kImage, options, false);
  options.schedule = {};
  options.disable = {"resample-planes"};
  add(kImage, options, true);
  options.disable.clear();
  options.debug_source = "pipeline.loop";
  add(kImage, options, true);
  options.debug_source = "other.loop";
  add(kImage, options, true);
  options.debug_source.clear();
  add(kImage, options, false);
  options.from = Stage::graph_opt;
  InspectOptions inspection;
  add(inspect(kImage, nullptr, Stage::graph_opt, inspection).value(), options, true);
}

}  // namespace
}  // namespace headrace
