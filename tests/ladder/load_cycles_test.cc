// Code that is loaded, run and unloaded thousands of times leaves nothing behind: neither mappings nor
// memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>

#include "compiler/frontend/build_graph.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/kernel_symbols.h"
#include "compiler/pipeline/programs.h"
#include "compiler/spec.h"
#include "headrace/aot.h"
#include "headrace/compile_object.h"
#include "headrace/pipeline.h"
#include "tests/compiler/program_testing.h"
#include "tests/ladder/private_folder.h"

namespace headrace::ladder {
namespace {

constexpr const char* kSpec = R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image"},
    {"op": "resize", "size": [12, 10]}, {"op": "convert", "dtype": "f16", "scale": 0.5}]}})";

constexpr int kCycles = 3000;
/// What the allocator and LLVM may keep for later, in all.
constexpr long kSlackKib = 2048;

long mappings() {
  std::ifstream maps("/proc/self/maps");
  return std::count(std::istreambuf_iterator<char>(maps), std::istreambuf_iterator<char>(), '\n');
}

long resident_kib() {
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * 4;
}

/// `make` gives a program, which is run once and dropped.
void expect_flat(const std::function<Expected<std::shared_ptr<const Program>>()>& make) {
  const testing::TestImage image = testing::random_rgb(31, 27, 3);
  testing::RunResult first;
  const auto cycle = [&] {
    const auto program = make();
    ASSERT_TRUE(program.ok()) << program.status().to_string();
    const testing::RunResult result = testing::run_program(**program, image, {1, 2, 3});
    if (first.outputs.empty()) first = result;
    ASSERT_EQ(testing::difference(first, result), "");
  };
  for (int i = 0; i < kCycles / 10 && !::testing::Test::HasFatalFailure(); ++i) cycle();
  const long maps = mappings(), kib = resident_kib();
  for (int i = 0; i < kCycles && !::testing::Test::HasFatalFailure(); ++i) cycle();
  std::printf("%d cycles: %ld mappings and %ld, %ld KiB and %ld\n", kCycles, maps, mappings(), kib,
              resident_kib());
  EXPECT_EQ(mappings(), maps);
  EXPECT_LT(resident_kib(), kib + kSlackKib);
}

TEST(LoadCycles, OfAnObjectAreFlat) {
  const PrivateFolder folder;
  const auto object = compile_object(kSpec, nullptr, {});
  ASSERT_TRUE(object.ok()) << object.status().to_string();
  const std::string path = folder.path() + "/pipeline.so";
  std::ofstream(path, std::ios::binary).write(object->bytes.data(), std::streamsize(object->bytes.size()));
  expect_flat([&] { return load_object(path); });
}

TEST(LoadCycles, OfCachedCodeAreFlat) {
  const PrivateFolder folder;
  CompileOptions options;
  expect_flat([&] {
    options.cache = ObjectCache::open({CacheMode::read_write, folder.path() + "/cache", 1 << 30, ""});
    return compile(kSpec, nullptr, options);
  });
  EXPECT_EQ(options.cache->counts().hits, 1u);
}

TEST(LoadCycles, OfCodeLinkedInMemoryAreFlat) {
  graph::Graph graph = build_graph(parse_spec(kSpec).value()).value();
  ASSERT_TRUE(passes::run(graph).ok());
  const Isa isa = best_isa().value();
  const Schedule schedule;
  const Lowered lowered = lower(graph, schedule).value();
  const auto objects = codegen::compile_objects(lowered.module, {isa, schedule.vector_bits}, 1);
  ASSERT_TRUE(objects.ok()) << objects.status().to_string();
  std::vector<codegen::Symbol> symbols;
  for (const KernelSymbol& s : kernel_symbols()) symbols.push_back({std::string(s.name), s.address});
  expect_flat([&]() -> Expected<std::shared_ptr<const Program>> {
    HR_ASSIGN_OR_RETURN(auto library, codegen::link(*objects, symbols));
    return make_code_program(std::move(library), lowered.info, isa);
  });
}

}  // namespace
}  // namespace headrace::ladder
