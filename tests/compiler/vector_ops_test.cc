// Vector ops that become target intrinsics or sequences of instructions: every level gives the loop
// interpreter's values.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "compiler/codegen/compile.h"
#include "ir/loop_build.h"
#include "ir/loop_interp.h"

namespace headrace::testing {
namespace {

using namespace loop;

constexpr int64_t kRounds = 70000, kWords = 64;

struct Data {
  std::vector<int16_t> values;
  std::vector<uint32_t> masks;
  std::vector<int32_t> out;
  void* frame[3];

  Data() : values(kRounds + 4 * kWords), masks(kRounds), out(size_t(kRounds * kWords)) {
    std::mt19937 rng(4);
    for (int16_t& v : values) v = int16_t(rng());
    // All masks of 16 bits, then random ones.
    for (size_t i = 0; i < masks.size(); ++i) masks[i] = i < 65536 ? uint32_t(i) * 0x10001u : uint32_t(rng());
    frame[0] = values.data();
    frame[1] = masks.data();
    frame[2] = out.data();
  }
};

// @run(frame): for each mask what is expanded by it, and sums and packs of that.
Module module_of_ops() {
  Builder plan("plan");
  plan.param(kPtr);
  Module m;
  m.functions.push_back(plan.finish());
  Builder b("run");
  const V frame = b.param(kPtr);
  const V values = b.load(kPtr, frame, 0), masks = b.load(kPtr, frame, 8), out = b.load(kPtr, frame, 16);
  b.for_(b.i64(0), b.i64(kRounds), b.i64(1), [&](V i) {
    const V mask = b.load(kI32, masks, i << 2), at = i << 1, to = out + i * (4 * kWords);
    const V narrow = b.expand_load(b.convert(Op::trunc, mask, vec(Scalar::i16, 1)), values, at, 2);
    const V wide = b.expand_load(mask, values, at);
    b.store(narrow, to);
    b.store(wide, to, 32);
    const V weights = b.load(vec(Scalar::i16, 32), values, at, 64);
    const V sums = b.dot2(wide, weights);
    b.store(sums, to, 96);
    b.store(b.pack_sat(loop::ashr(sums, 11), sums), to, 160);
    b.store(b.dot2(narrow, narrow), to, 224);
  });
  m.functions.push_back(b.finish());
  return m;
}

TEST(VectorOps, EveryLevelGivesTheInterpretersValues) {
  const Module module = module_of_ops();
  ASSERT_EQ(loop::verify(module, {}).to_string(), "");
  Data expected;
  const uint64_t argument = reinterpret_cast<uint64_t>(expected.frame);
  const std::vector<Region> regions = {{expected.frame, sizeof expected.frame},
                                       {expected.values.data(), expected.values.size() * 2},
                                       {expected.masks.data(), expected.masks.size() * 4},
                                       {expected.out.data(), expected.out.size() * 4}};
  std::string problem;
  ASSERT_EQ(Interpreter(module, {}).run("run", std::span(&argument, 1), regions, problem), HR_OK) << problem;
  for (const Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2}) {
    if (!isa_supported(isa)) continue;
    for (const int bits : {128, 256, 512}) {
      if (bits == 512 && isa == Isa::x86_64_v3) continue;
      const auto objects = codegen::compile_objects(module, {isa, bits}, 1);
      ASSERT_TRUE(objects.ok()) << objects.status().to_string();
      const auto library = codegen::link(*objects, {});
      ASSERT_TRUE(library.ok()) << library.status().to_string();
      Data data;
      ASSERT_EQ((*library)->run()(reinterpret_cast<hr_run_frame*>(data.frame)), HR_OK);
      for (size_t i = 0; i < data.out.size(); ++i) {
        ASSERT_EQ(data.out[i], expected.out[i])
            << isa_name(isa) << " " << bits << ", mask " << std::hex << data.masks[i / kWords] << ", word "
            << std::dec << i % kWords;
      }
    }
  }
}

}  // namespace
}  // namespace headrace::testing
