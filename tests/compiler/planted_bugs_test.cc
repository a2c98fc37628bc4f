// Mistakes a lowering could make, planted one at a time into correct loop IR. The comparison that the
// differential tests rest on must see every one of them.
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <map>

#include "compiler/frontend/build_graph.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/programs.h"
#include "compiler/spec.h"
#include "tests/compiler/loop_mutator.h"
#include "tests/compiler/plane_images.h"
#include "tests/compiler/program_testing.h"

namespace headrace::testing {
namespace {

using loop::Op;
using loop::Pred;
using loop::Scalar;
using loop::vec;

constexpr const char* kTrain = R"({"headrace": 1, "numerics": "exact", "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "random_resized_crop", "size": [12, 21]},
              {"op": "random_horizontal_flip"}, {"op": "random_vertical_flip"},
              {"op": "normalize", "mean": [0.1, 0.5, 0.6], "std": [0.2, 0.25, 0.3]},
              {"op": "convert", "dtype": "bf16"}, {"op": "layout", "layout": "NCHW"}],
    "label": [{"op": "field", "field": "label"}]}})";
constexpr const char* kEval = R"({"headrace": 1, "numerics": "fast", "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "resize", "short_side": 30},
              {"op": "center_crop", "size": [24, 20]}, {"op": "convert", "dtype": "f32", "scale": 2.5},
              {"op": "convert", "dtype": "u8"}]}})";
constexpr const char* kWide = R"({"headrace": 1, "numerics": "fast", "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "resize", "size": [7, 5], "filter": "area"},
              {"op": "convert", "dtype": "f32", "scale": 1}, {"op": "layout", "layout": "NCHW"}]}})";
constexpr const char* kCrop = R"({"headrace": 1, "numerics": "exact", "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "random_crop", "size": [9, 21]},
              {"op": "random_horizontal_flip"}, {"op": "random_vertical_flip"},
              {"op": "convert", "dtype": "f16", "scale": 0.1}]}})";

constexpr const char* kPlanes = R"({"headrace": 1, "numerics": "fast", "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "random_resized_crop", "size": [40, 33]},
              {"op": "random_horizontal_flip"}, {"op": "random_vertical_flip"},
              {"op": "convert", "dtype": "f32", "scale": 1}]}})";

constexpr const char* kWhole = R"({"headrace": 1, "numerics": "fast", "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "resize", "size": [40, 33]}]}})";

// Most crops are decoded at 4, at 2 and at 1 of 8.
constexpr const char* kHalf = R"({"headrace": 1, "numerics": "fast", "outputs": {
    "image": [{"op": "decode", "field": "image", "idct_scale": "auto"},
              {"op": "random_resized_crop", "size": [6, 24], "scale": [0.4, 1]}, {"op": "random_vertical_flip"}]}})";
constexpr const char* kQuarter = R"({"headrace": 1, "numerics": "fast", "outputs": {
    "image": [{"op": "decode", "field": "image", "idct_scale": "auto"}, {"op": "random_horizontal_flip"},
              {"op": "random_resized_crop", "size": [8, 9], "scale": [0.4, 1], "filter": "area"}]}})";
constexpr const char* kEighth = R"({"headrace": 1, "numerics": "fast", "outputs": {
    "image": [{"op": "decode", "field": "image", "idct_scale": "auto"},
              {"op": "random_resized_crop", "size": [3, 2], "scale": [0.4, 1]}]}})";

struct PlantedBug {
  const char* name;
  const char* spec;
  const char* function;
  std::function<void(LoopMutator&)> plant;
};

// Arguments of @vertical_*, see compiler/lower/stages.h.
constexpr size_t kDstStride = 15, kMirror = 13, kCapacity = 7;
// Arguments of @vertical_planes_* and @chroma_table, see compiler/lower/planes.h.
constexpr size_t kLumaMask = 11, kChromaMask = 12, kLumaBase = 13, kChromaBase = 14, kOffset = 4, kSamples = 5;

const std::vector<PlantedBug>& planted_bugs() {
  static const std::vector<PlantedBug> bugs = {
      {"horizontal rounding constant lost", kTrain, "horizontal_pillow8",
       [](LoopMutator& m) { m.change_constant(vec(Scalar::i32, 16), 1 << 21, 0); }},
      {"vertical rounding constant of another shift", kTrain, "vertical_image",
       [](LoopMutator& m) { m.change_constant(vec(Scalar::i32, 16), 1 << 21, 1 << 20); }},
      {"wrong shift count after the vertical sum", kTrain, "vertical_image",
       [](LoopMutator& m) { m.change_constant(vec(Scalar::i32, 16), 22, 21); }},
      {"smin for smax in the clamp of the horizontal pass", kTrain, "horizontal_pillow8",
       [](LoopMutator& m) { m.set_op({Op::smax}, Op::smin); }},
      {"unpack low and high swapped in the transpose of bytes", kTrain, "columns_pillow8",
       [](LoopMutator& m) {
         m.swap_masks({Op::shuffle, 20}, {Op::shuffle, 21});
       }},
      {"second tap multiplied by the first tap's weight", kTrain, "vertical_image",
       [](LoopMutator& m) {
         m.use_instead({Op::load, 2}, {Op::load, 1});
       }},
      {"start index of the first row used for all", kTrain, "vertical_image",
       [](LoopMutator& m) {
         m.set_operand({Op::load, 0}, 1, 0);
       }},
      {"loop over further taps starts one late", kTrain, "horizontal_pillow8",
       [](LoopMutator& m) {
         m.set_operand({Op::for_, 2}, 0, 3);
       }},
      {"last block of a row lost", kTrain, "vertical_image",
       [](LoopMutator& m) {
         for (int k = 0; k < 3; ++k) m.erase({Op::store, m.count(Op::store) - 1});
       }},
      {"channels stored in each other's plane", kTrain, "vertical_image",
       [](LoopMutator& m) {
         m.swap_stored({Op::store, 1}, {Op::store, 3});
       }},
      {"plane offset in elements instead of bytes", kTrain, "vertical_image",
       [](LoopMutator& m) { m.change_constant(loop::kI64, 12 * 21 * 2, 12 * 21); }},
      {"bias and pixel of the fma swapped", kTrain, "vertical_image",
       [](LoopMutator& m) {
         m.swap_operands({Op::fma, 0}, 1, 2);
       }},
      {"bf16 truncated instead of rounded", kTrain, "vertical_image",
       [](LoopMutator& m) {
         m.truncate_bf16({Op::bf16round, 1});
       }},
      {"horizontal flip not passed to the table", kTrain, "run",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "table_triangle_pillow8"}, 5, 0);
       }},
      {"vertical mirror missing", kTrain, "run",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "vertical_image"}, kMirror, 0);
       }},
      {"row stride of the output in elements", kTrain, "run",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "vertical_image"}, kDstStride, 21);
       }},
      {"ring holds a strip only", kTrain, "run",
       [](LoopMutator& m) {
         m.freeze_operand({Op::call, 0, "vertical_image"}, kCapacity, 16);
       }},
      {"ring capacity disagrees between the stages", kTrain, "run",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "vertical_image"}, kCapacity, 17);
       }},
      {"rows taken for finished one source row early", kTrain, "run",
       [](LoopMutator& m) {
         m.add_to_operand({Op::icmp, 0, {}, Pred::le}, 1, 1);
       }},
      {"source rows after the last full strip lost", kTrain, "run",
       [](LoopMutator& m) {
         m.add_to_operand({Op::for_, 0}, 1, -15);
       }},
      {"strip of 16 rows asked for where fewer are left", kTrain, "run",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "hr_image_rows"}, 3, 16);
       }},
      {"crop top and left swapped", kTrain, "run",
       [](LoopMutator& m) {
         m.swap_operands({Op::call, 0, "hr_image_open"}, 7, 8);
       }},
      {"label not stored", kTrain, "run",
       [](LoopMutator& m) {
         m.erase({Op::store, 0});
       }},
      {"nine rounds of Philox", kTrain, "plan",
       [](LoopMutator& m) {
         m.set_operand({Op::for_, 0}, 1, 9);
       }},
      {"window of the resized image ignored by the table", kEval, "run",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "table_triangle_q14"}, 2, 0);
       }},
      {"upper bound of the u8 clamp lost", kEval, "vertical_image",
       [](LoopMutator& m) {
         m.bypass({Op::fmin, 0}, 0);
       }},
      {"weight stored in the lower half only", kEval, "table_triangle_q14",
       [](LoopMutator& m) {
         m.bypass({Op::or_, 0}, 0);
       }},
      {"pixels not recentred around zero", kEval, "columns_q14",
       [](LoopMutator& m) { m.change_constant(vec(Scalar::i8, 32), -128, 0); }},
      {"shuffles that interleave the channels exchanged", kEval, "vertical_image",
       [](LoopMutator& m) {
         m.swap_masks({Op::shuffle, 0}, {Op::shuffle, 2});
       }},
      {"wide filters summed in 16 bits", kWide, "run",
       [](LoopMutator& m) {
         for (size_t axis : {0u, 1u}) m.set_operand({Op::icmp, axis, {}, Pred::gt}, 1, 1 << 20);
       }},
      {"source and destination length swapped for the table", kWide, "run",
       [](LoopMutator& m) {
         m.swap_operands({Op::call, 0, "table_area_overlap_q14"}, 0, 1);
       }},
      {"mirrored row read without moving to its end", kCrop, "copy_image",
       [](LoopMutator& m) {
         m.bypass({Op::sub, 5}, 1);
       }},
      {"second pass of the IDCT not rounded", kPlanes, "idct",
       [](LoopMutator& m) { m.change_constant(vec(Scalar::i32, 8), 1 << 17, 0); }},
      {"rows of the first pass of the IDCT exchanged", kPlanes, "idct",
       [](LoopMutator& m) {
         m.swap_operands({Op::pack_sat, m.count(Op::pack_sat) - 9}, 0, 1);
       }},
      {"upper byte of a pixel not cut off", kPlanes, "idct",
       [](LoopMutator& m) { m.change_constant(vec(Scalar::i16, 16), -256, -1); }},
      {"DC of the upper block lost", kPlanes, "idct",
       [](LoopMutator& m) {
         m.bypass({Op::or_, m.count(Op::or_) - 2}, 0);
       }},
      {"blocks with two groups taken for blocks with one", kPlanes, "idct",
       [](LoopMutator& m) { m.change_constant(loop::kI64, 16, 32); }},
      {"group expanded by the mask of the one before", kPlanes, "idct",
       [](LoopMutator& m) {
         m.set_imm({Op::load, m.count(Op::load) - 2}, 0);
       }},
      {"edge of the crop ignored by the chroma table", kPlanes, "planes_image",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "chroma_table"}, kOffset, 0);
       }},
      {"last chroma row not its own neighbour", kWhole, "planes_image",
       [](LoopMutator& m) {
         m.add_to_operand({Op::call, 1, "chroma_table"}, kSamples, 1);
       }},
      {"first chroma sample not its own neighbour", kWhole, "chroma_table",
       [](LoopMutator& m) {
         m.bypass({Op::select, 1}, 2);
       }},
      {"chroma weights rounded down", kPlanes, "chroma_table",
       [](LoopMutator& m) {
         m.bypass({Op::add, m.count(Op::add) - 1}, 0);
       }},
      {"luma ring begins with the crop", kPlanes, "planes_image",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "vertical_planes_image"}, kLumaBase, 0);
       }},
      {"chroma ring begins with the plane", kPlanes, "planes_image",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "vertical_planes_image"}, kChromaBase, 0);
       }},
      {"rings of planes hold a strip only", kPlanes, "planes_image",
       [](LoopMutator& m) {
         m.freeze_operand({Op::call, 0, "vertical_planes_image"}, kLumaMask, 15);
         m.freeze_operand({Op::call, 0, "vertical_planes_image"}, kChromaMask, 15);
       }},
      {"red not clamped to white", kPlanes, "vertical_planes_image",
       [](LoopMutator& m) {
         m.bypass({Op::smin, 0}, 0);
       }},
      {"green takes as much of Cr as of Cb", kPlanes, "vertical_planes_image",
       [](LoopMutator& m) { m.change_constant(vec(Scalar::i16, 16), 23401, 11277); }},
      {"rows beyond the last plane read", kWhole, "planes_image",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "columns_q14"}, 2, 16);
       }},
      {"scale chosen by one side alone", kHalf, "plan",
       [](LoopMutator& m) {
         m.set_operand({Op::icmp, 0, {}, Pred::ge}, 1, 0);
       }},
      {"box of a scaled crop ignored by the table", kQuarter, "planes_image",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "table_area_overlap_q14_box"}, 9, 0);
       }},
      {"box not mirrored with its source", kQuarter, "table_area_overlap_q14_box",
       [](LoopMutator& m) {
         m.bypass({Op::select, 0}, 2);
       }},
      {"second pass of the IDCT to 4 x 4 not rounded", kHalf, "idct_4",
       [](LoopMutator& m) { m.change_constant(vec(Scalar::i32, 8), 1 << 18, 0); }},
      {"rows of blocks out of order at 4 x 4", kHalf, "idct_4",
       [](LoopMutator& m) {
         m.swap_operands({Op::pack_sat, m.count(Op::pack_sat) - 1}, 0, 1);
       }},
      {"DC weighs half at 2 x 2", kQuarter, "idct_2",
       [](LoopMutator& m) { m.change_constant(vec(Scalar::i32, 8), 1, 0); }},
      {"DC cut, not rounded, at 1 x 1", kEighth, "idct_1",
       [](LoopMutator& m) {
         m.bypass({Op::add, m.count(Op::add) - 1}, 0);
       }},
      {"scaled strips of luma 16 rows apart", kQuarter, "planes_image",
       [](LoopMutator& m) {
         m.set_operand({Op::shl, m.count(Op::shl) - 8}, 1, 4);
       }},
      {"coefficients of a scaled crop asked for by scaled columns", kHalf, "planes_image",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "hr_packed_open"}, 9, 20);
       }},
      {"scaled rectangle taken from the whole image", kQuarter, "run",
       [](LoopMutator& m) {
         m.set_operand({Op::call, 0, "hr_image_open_scaled"}, 7, 8);
       }},
      {"scratch planned without its last row", kTrain, "plan",
       [](LoopMutator& m) {
         m.add_to_operand({Op::store, m.count(Op::store) - 1}, 0, -64 * 6);
       }},
  };
  return bugs;
}

struct Sample {
  std::string name;
  TestImage image;
  hr_key key;
};

// Sizes around strips of 16 rows and blocks of 16 pixels, both encodings, one image for wide filters.
std::vector<Sample> samples() {
  std::vector<Sample> list;
  auto add = [&](std::string name, TestImage image) {
    for (uint64_t k = 0; k < 6; ++k)
      list.push_back({name + ", key " + std::to_string(k), image, {k, 1, 17 + k}});
  };
  add("RGB 50x46", random_rgb(50, 46, 1));
  add("RGB 33x31", random_rgb(33, 31, 6));
  add("RGB 290x300", random_rgb(290, 300, 3));
  add("JPEG 4:2:0 61x47", random_jpeg(61, 47, 4, 90, 2, 2));
  add("JPEG 4:4:4 40x64", random_jpeg(40, 64, 5, 70, 1, 1));
  const auto packed = [](const TestImage& jpeg) { return packed_image({jpeg.bytes.data(), jpeg.size}); };
  const TestImage halved = packed(random_jpeg(110, 170, 8, 80, 2, 2));
  add("packed 4:2:0 110x170", halved);
  add("planes 4:2:0 110x170", ycc_image(halved));
  add("packed 4:4:0 37x90", packed(random_jpeg(37, 90, 9, 50, 1, 2)));
  add("packed gray 40x33", packed(random_gray_jpeg(40, 33, 10, 80)));
  return list;
}

TEST(PlantedBugs, AreAllCaught) {
  const std::vector<Sample> images = samples();
  std::map<std::string, graph::Graph> graphs;
  std::map<std::string, std::vector<RunResult>> expected;
  const Schedule schedule{.vector_bits = 256};
  for (const char* json : {kTrain, kEval, kWide, kCrop, kPlanes, kWhole, kHalf, kQuarter, kEighth}) {
    const auto spec = parse_spec(json);
    ASSERT_TRUE(spec.ok()) << spec.status().to_string();
    graph::Graph g = build_graph(*spec).value();
    ASSERT_TRUE(passes::run(g).ok());
    const auto reference = make_graph_program(g, program_info(g));
    const auto correct = make_loop_program(lower(g, schedule)->module, program_info(g));
    for (const Sample& s : images) {
      expected[json].push_back(run_program(*reference, s.image, s.key));
      ASSERT_EQ(difference(expected[json].back(), run_program(*correct, s.image, s.key)), "")
          << s.name << "\n"
          << json;
    }
    graphs[json] = std::move(g);
  }
  EXPECT_GE(planted_bugs().size(), 20u);
  for (const PlantedBug& bug : planted_bugs()) {
    loop::Module module = lower(graphs[bug.spec], schedule)->module;
    const std::string before = loop::print(module);
    LoopMutator mutator(module, bug.function);
    bug.plant(mutator);
    ASSERT_TRUE(mutator.ok()) << bug.name;
    EXPECT_NE(loop::print(module), before) << bug.name << " changed nothing";
    const Status verified = loop::verify(module, kernel_externs());
    ASSERT_TRUE(verified.ok()) << bug.name << ": a type error, which no test is needed for\n"
                               << verified.to_string();
    const auto broken = make_loop_program(module, program_info(graphs[bug.spec]));
    std::string caught;
    for (size_t i = 0; i < images.size() && caught.empty(); ++i) {
      const std::string d =
          difference(expected[bug.spec][i], run_program(*broken, images[i].image, images[i].key));
      if (!d.empty()) caught = images[i].name + ": " + d;
    }
    EXPECT_NE(caught, "") << bug.name << " is not caught";
    std::printf("%-55s %s\n", bug.name, caught.c_str());
  }
}

}  // namespace
}  // namespace headrace::testing
