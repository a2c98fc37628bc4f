// Compiled stages are a function of their key: the same text, level and width give the same bytes, on any
// number of threads; anything that changes code changes the key.
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "compiler/codegen/compile.h"
#include "compiler/frontend/build_graph.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/spec.h"

namespace headrace {
namespace {

loop::Module module_of(const char* json, int vector_bits = 256) {
  auto g = build_graph(parse_spec(json).value()).value();
  EXPECT_TRUE(passes::run(g).ok());
  return lower(g, {vector_bits}).value().module;
}

constexpr const char* kSpec = R"({"headrace": 1, "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "random_resized_crop", "size": [24, 33]},
              {"op": "normalize", "mean": [0, 0.5, 0], "std": [1, 1, 1]}, {"op": "convert", "dtype": "f16"}]}})";

std::vector<codegen::Object> compiled(const loop::Module& module, unsigned threads) {
  auto objects = codegen::compile_objects(module, {Isa::x86_64_v3, 256}, threads);
  EXPECT_TRUE(objects.ok()) << objects.status().to_string();
  return objects.ok() ? *objects : std::vector<codegen::Object>();
}

void expect_same(const std::vector<codegen::Object>& a, const std::vector<codegen::Object>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    EXPECT_EQ(a[i].key, b[i].key);
    EXPECT_TRUE(a[i].bytes == b[i].bytes) << a[i].name << " differs from one compilation to the next";
  }
}

TEST(Objects, AreTheSameEveryTimeAndOnAnyNumberOfThreads) {
  const loop::Module module = module_of(kSpec);
  const auto first = compiled(module, 1);
  ASSERT_EQ(first.size(), module.functions.size());
  for (const auto& o : first)
    EXPECT_EQ(o.bytes.substr(0, 4),
              "\x7f"
              "ELF")
        << o.name;
  expect_same(first, compiled(module, 1));
  expect_same(first, compiled(module, 4));
  // Two compilations at once.
  std::vector<codegen::Object> left, right;
  std::thread other([&] { left = compiled(module, 1); });
  right = compiled(module, 2);
  other.join();
  expect_same(first, left);
  expect_same(first, right);
}

TEST(Objects, AreTheSameForAParsedText) {
  const loop::Module module = module_of(kSpec);
  const auto parsed = loop::parse(loop::print(module));
  ASSERT_TRUE(parsed.ok()) << parsed.status().to_string();
  expect_same(compiled(module, 1), compiled(*parsed, 1));
}

TEST(StageKey, ChangesWithTextLevelAndWidth) {
  const loop::Module module = module_of(kSpec);
  std::set<std::string> keys;
  size_t expected = 0;
  auto add = [&](const loop::Function& f, const codegen::Target& target) {
    const std::string key = codegen::stage_key(f, target);
    EXPECT_EQ(key.size(), 64u);
    EXPECT_EQ(key, codegen::stage_key(f, target));
    keys.insert(key);
    EXPECT_EQ(keys.size(), ++expected)
        << f.name << " at " << isa_name(target.isa) << " " << target.vector_bits;
  };
  for (const loop::Function& f : module.functions) {
    for (const Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2}) add(f, {isa, 256});
    add(f, {Isa::x86_64_v3, 128});
    loop::Function renamed = f;
    renamed.name += "x";
    add(renamed, {Isa::x86_64_v3, 256});
    loop::Function altered = f;
    for (loop::Inst& i : altered.body.insts) {
      if (i.op != loop::Op::constant || loop::is_float(f.types[i.results[0]].scalar)) continue;
      i.imm += 1;
      break;
    }
    add(altered, {Isa::x86_64_v3, 256});
  }
}

TEST(StageKey, StagesWithoutTheChangedConstantsKeepTheirs) {
  const loop::Module a = module_of(kSpec);
  std::string other = kSpec;
  other.replace(other.find("0.5"), 3, "0.6");
  const loop::Module b = module_of(other.c_str());
  ASSERT_EQ(a.functions.size(), b.functions.size());
  std::set<std::string> changed;
  for (size_t i = 0; i < a.functions.size(); ++i) {
    const codegen::Target target{Isa::x86_64_v4, 256};
    if (codegen::stage_key(a.functions[i], target) != codegen::stage_key(b.functions[i], target))
      changed.insert(a.functions[i].name);
  }
  EXPECT_EQ(changed, (std::set<std::string>{"vertical_image", "vertical_planes_image", "vertical_planes_wide_image",
                                            "vertical_wide_image"}));
}

}  // namespace
}  // namespace headrace
