// Code that comes out of the cache: what it computes, when it is not taken, and that keys tell whatever changes it.
#include "compiler/cache/cached_code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>

#include "compiler/aot/object_build.h"
#include "compiler/cache/image.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/front_end.h"
#include "dataset_testing.h"
#include "headrace/compile_object.h"
#include "headrace/pipeline.h"
#include "tests/compiler/program_testing.h"

namespace headrace {
namespace {

std::string spec(int size = 24, const char* dtype = "f16") {
  return R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image"},
      {"op": "random_resized_crop", "size": [)" + std::to_string(size) + R"(, 33]}, {"op": "random_horizontal_flip", "p": 0.5},
      {"op": "normalize", "mean": [0, 0.5, 0], "std": [1, 1, 1]}, {"op": "convert", "dtype": ")" + dtype + R"("}]}})";
}

cache::Recipe recipe_of(const std::string& json, Isa isa = Isa::x86_64_v3) {
  FrontEnd front = front_end(json, nullptr, {}).value();
  EXPECT_TRUE(passes::run(front.graph).ok());
  return {isa, schedule_for(isa), facts_of(nullptr), front.graph};
}

class CachedCode : public ::testing::Test {
 protected:
  std::shared_ptr<const Program> compiled(const std::shared_ptr<ObjectCache>& cache) const {
    CompileOptions options;
    options.cache = cache;
    auto program = compile(spec(), nullptr, options);
    EXPECT_TRUE(program.ok()) << program.status().to_string();
    return std::move(*program);
  }
  std::shared_ptr<ObjectCache> open() const { return ObjectCache::open({CacheMode::read_write, dir_ / "cache", 1 << 30, ""}); }

  testing::TempDir dir_;
};

TEST_F(CachedCode, ComputesWhatFreshlyCompiledCodeDoes) {
  const auto cache = open();
  const auto fresh = compiled(nullptr), made = compiled(cache), found = compiled(cache), later = compiled(open());
  EXPECT_EQ(cache->counts().misses, 1u);
  EXPECT_EQ(cache->counts().hits, 1u);
  EXPECT_EQ(found->info().engine, "jit");
  EXPECT_EQ(found->info().isa, fresh->info().isa);
  for (uint64_t sample = 0; sample < 6; ++sample) {
    const testing::TestImage image = testing::random_jpeg(50 + 13 * sample, 40 + 7 * sample, sample, 85, 2, 2);
    const hr_key key{5, 2, sample};
    const testing::RunResult expected = testing::run_program(*fresh, image, key);
    for (const auto& program : {made, found, later}) {
      EXPECT_EQ(testing::difference(expected, testing::run_program(*program, image, key)), "") << sample;
    }
  }
}

TEST_F(CachedCode, IsTheSameWhenCompiledAgain) {
  compiled(open());
  const auto entries = open()->list();
  ASSERT_TRUE(entries.ok()) << entries.status().to_string();
  ASSERT_EQ(entries->size(), 1u);
  CacheEntry entry = (*entries)[0];
  EXPECT_EQ(check_entry(entry), CacheCheck::same);
  CacheEntry other = entry;
  other.payload.back() ^= 1;
  EXPECT_EQ(check_entry(other), CacheCheck::different);
  other = entry;
  other.recipe.back() = ' ';
  EXPECT_EQ(check_entry(other), CacheCheck::refused);
  other = entry;
  other.problem = "is damaged";
  EXPECT_EQ(check_entry(other), CacheCheck::refused);
  other = entry;
  other.recipe = "headrace 0.0.9" + entry.recipe.substr(entry.recipe.find(','));
  other.key = codegen::sha256_hex(other.recipe);
  EXPECT_EQ(check_entry(other), CacheCheck::other_build);
}

TEST_F(CachedCode, RecipesAreReadAsTheyWereWritten) {
  const cache::Recipe recipe = recipe_of(spec());
  const CacheKey key = cache::key_of(recipe);
  EXPECT_EQ(key.hex, codegen::sha256_hex(key.recipe));
  const auto parsed = cache::parse_recipe(key.recipe);
  ASSERT_TRUE(parsed.ok()) << parsed.status().to_string();
  EXPECT_EQ(cache::key_of(*parsed).recipe, key.recipe);
  const size_t head = cache::environment().size();
  for (size_t at = head; at < key.recipe.size(); at += 3) {
    std::string text = key.recipe;
    text[at] = '\x01';
    const auto other = cache::parse_recipe(text);
    EXPECT_TRUE(!other.ok() || cache::key_of(*other).recipe != key.recipe) << at;
  }
  EXPECT_EQ(cache::parse_recipe("").status().code(), "cache.other_build");
  EXPECT_EQ(cache::parse_recipe(cache::environment()).status().code(), "cache.recipe");
}

// Whatever is changed: if the code differs, so must the key.
TEST_F(CachedCode, KeysTellWhateverChangesCode) {
  std::map<std::string, std::string> code_by_key;
  size_t recipes = 0;
  const auto add = [&](const cache::Recipe& r) {
    const aot::LevelChoice level{r.isa, r.schedule};
    ObjectInfo about;
    about.name = "pipeline";
    const auto build = aot::build_object(r.graph, r.facts, std::span(&level, 1), about);
    ASSERT_TRUE(build.ok()) << build.status().to_string();
    const auto code = aot::link_object(*build, codegen::FileKind::shared, 2);
    ASSERT_TRUE(code.ok()) << code.status().to_string();
    const auto [at, is_new] = code_by_key.emplace(cache::key_of(r).hex, *code);
    EXPECT_TRUE(is_new || at->second == *code) << "two codes for one key";
    ++recipes;
  };
  for (const Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2}) add(recipe_of(spec(), isa));
  for (const int bits : {128, 512}) {
    cache::Recipe r = recipe_of(spec(), Isa::x86_64_v4);
    r.schedule.vector_bits = bits;
    add(r);
  }
  for (const bool packed : {false, true}) {
    for (const bool ycc : {false, true}) {
      cache::Recipe r = recipe_of(spec());
      r.facts.packed = packed;
      r.facts.ycc = ycc;
      add(r);
    }
  }
  for (const char* dtype : {"f32", "bf16"}) add(recipe_of(spec(24, dtype)));
  add(recipe_of(spec(25)));
  cache::Recipe exact = recipe_of(spec());
  exact.graph = front_end(spec(), nullptr, Numerics::exact).value().graph;
  ASSERT_TRUE(passes::run(exact.graph).ok());
  add(exact);
  EXPECT_EQ(recipes, 13u);
  EXPECT_EQ(code_by_key.size(), 12u);  // everything once more than the first with all facts
}

TEST_F(CachedCode, CannotBeStoredElsewhereThanWhereItIsChecked) {
  // An image that does not load is compiled the other way, and no error.
  const auto cache = open();
  const cache::Recipe recipe = recipe_of(spec(), *best_isa());
  ASSERT_TRUE(cache->get(cache::key_of(recipe), [] { return Expected<std::string>(std::string("no image")); }).ok());
  const auto program = compiled(cache);
  EXPECT_EQ(cache->counts().hits, 1u);
  const testing::TestImage image = testing::random_rgb(60, 50, 3);
  EXPECT_EQ(testing::difference(testing::run_program(*compiled(nullptr), image, {1, 2, 3}), testing::run_program(*program, image, {1, 2, 3})), "");
}

TEST(CodeImage, WhatIsNoImageIsRefused) {
  CompileObjectOptions options;
  options.levels = {isa_levels(*host_arch()).front()};
  const std::string good = compile_object(spec(), nullptr, options).value().bytes;
  EXPECT_TRUE(cache::map_image(good).ok());
  EXPECT_EQ(cache::map_image("").status().code(), "object.elf");
  options.levels = {};
  EXPECT_EQ(cache::map_image(compile_object(spec(), nullptr, options).value().bytes).status().to_string(), "error[image] has another descriptor");
  options.levels = {*host_arch() == Arch::x86_64 ? Isa::armv8_neon : Isa::x86_64_v3};
  EXPECT_EQ(cache::map_image(compile_object(spec(), nullptr, options).value().bytes).status().to_string(), "error[image] is for another processor");
  // Headers, symbols, relocations: nothing that the mapper reads leads it out of the image.
  size_t refused = 0;
  for (size_t at = 0; at < good.size(); at += at < 2500 ? 1 : 997) {
    for (const int value : {0x00, 0x7F, 0xFF}) {
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      if (!cache::map_image(bad).ok()) ++refused;
    }
  }
  EXPECT_GT(refused, 300u);
}

TEST(CodeImage, LoadingAndUnloadingLeavesNothingBehind) {
  CompileObjectOptions options;
  options.levels = {isa_levels(*host_arch()).front()};
  const std::string image = compile_object(spec(), nullptr, options).value().bytes;
  const auto mappings = [] {
    std::ifstream maps("/proc/self/maps");
    return std::count(std::istreambuf_iterator<char>(maps), std::istreambuf_iterator<char>(), '\n');
  };
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(cache::map_image(image).ok());
  const auto before = mappings();
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(cache::map_image(image).ok());
  EXPECT_EQ(mappings(), before);
  // While it is loaded no page of it is both writable and executable.
  const auto loaded = cache::map_image(image);
  std::ifstream maps("/proc/self/maps");
  std::string line;
  bool found = false;
  const auto run = reinterpret_cast<uintptr_t>(loaded.value()->run());
  while (std::getline(maps, line)) {
    uintptr_t begin = 0, end = 0;
    char flags[5] = {};
    ASSERT_EQ(std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, flags), 3) << line;
    EXPECT_FALSE(flags[1] == 'w' && flags[2] == 'x') << line;
    if (run >= begin && run < end) {
      found = true;
      EXPECT_EQ(std::string(flags), "r-xp");
    }
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace headrace
