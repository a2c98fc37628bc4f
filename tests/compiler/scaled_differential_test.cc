// Images decoded at 4, 2 and 1 of 8 of their size ("idct_scale": "auto"): every engine gives the same bytes,
// for every subsampling, scale, filter and way in which crops and flips can come before and after the resize.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>

#include "tests/compiler/engines.h"
#include "tests/compiler/plane_images.h"
#include "tests/compiler/random_images.h"
#include "tests/compiler/random_spec.h"
#include "tests/kernels/packed_testing.h"

namespace headrace::testing {
namespace {

constexpr const char* kOps[] = {
    R"({"op": "resize", "size": [5, 7]})",
    R"({"op": "crop", "top": 3, "left": 1, "size": [30, 41]}, {"op": "vertical_flip"}, {"op": "horizontal_flip"},
       {"op": "resize", "size": [4, 3], "filter": "area"},
       {"op": "normalize", "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}, {"op": "layout", "layout": "NCHW"})",
    R"({"op": "random_resized_crop", "size": [6, 5]}, {"op": "random_horizontal_flip"},
       {"op": "convert", "dtype": "f16", "scale": 0.5}, {"op": "random_crop", "size": [4, 4]})",
    R"({"op": "random_crop", "size": [29, 33]}, {"op": "random_vertical_flip"}, {"op": "random_crop", "size": [28, 31]},
       {"op": "resize", "short_side": 3}, {"op": "center_crop", "size": [3, 3]})",
    R"({"op": "horizontal_flip"}, {"op": "random_resized_crop", "size": [3, 9], "ratio": [0.2, 5], "filter": "area"},
       {"op": "vertical_flip"}, {"op": "convert", "dtype": "bf16", "scale": 1})",
    // Taps beyond what is summed in 16 bits, at a scale as well.
    R"({"op": "resize", "size": [1, 2]}, {"op": "layout", "layout": "channels_last"})",
    R"({"op": "resize", "size": [7, 4], "filter": "area"}, {"op": "vertical_flip"},
       {"op": "resize", "size": [9, 11], "filter": "nearest"})"};

struct Sample {
  std::string name;
  TestImage image;
};

std::vector<Sample> samples(RandomStream& random) {
  std::vector<Sample> list;
  std::mt19937 rng(random.next());
  const auto sides = [&] {
    return std::pair{uint32_t(random.between(33, 300)), uint32_t(random.between(33, 300))};
  };
  static constexpr const char* kNames[] = {"gray", "444", "422", "420", "440", "RGB"};
  for (uint32_t planes = 0; planes <= 5; ++planes) {
    for (const Drawn drawn : {Drawn::photo, Drawn::photo, Drawn::extreme, Drawn::full}) {
      const auto [w, h] = sides();
      const uint32_t word = planes == 5 ? uint32_t(HR_PLANES_444 | HR_PLANES_RGB) : planes;
      list.push_back(
          {std::string("packed ") + kNames[planes], packed_image(draw_coefficients(word, w, h, drawn, rng))});
      if (random.percent(20))
        list.push_back({std::string("ycc ") + kNames[planes], ycc_image(list.back().image)});
    }
  }
  for (const auto& [h_samp, v_samp] : {std::pair{2, 2}, {2, 1}, {1, 1}, {1, 2}}) {
    const auto [w, h] = sides();
    list.push_back({"JPEG " + std::to_string(h_samp) + std::to_string(v_samp),
                    random_jpeg(w, h, random.next(), 80, h_samp, v_samp)});
  }
  const auto [w, h] = sides();
  list.push_back({"JPEG gray", random_gray_jpeg(w, h, random.next(), 90)});
  list.push_back({"pixels", random_rgb(w, h, random.next())});
  // Some that are damaged: the same error from all.
  Sample damaged = list[size_t(random.below(20))];
  damaged.image.bytes[damaged.image.size * 2 / 3] ^= 0x41;
  damaged.name += ", damaged";
  list.push_back(std::move(damaged));
  return list;
}

void run(Numerics numerics) {
  PipelineMaker maker;
  std::map<std::string, int> counts;  // by kind of sample and scale
  RandomStream random(numerics == Numerics::exact ? 3 : 4);
  RandomStream widths(5);  // apart from samples, which shall be the same whatever levels there are
  int errors = 0;
  for (const char* ops : kOps) {
    const std::string json =
        R"({"headrace": 1, "numerics": ")" + std::string(numerics_name(numerics)) +
        R"(", "outputs": {"image": [{"op": "decode", "field": "image", "idct_scale": "auto"}, )" + ops +
        "]}}";
    std::vector<EngineChoice> engines{{"", {256}}, {"", {512}}};
    for (const std::string& level : runnable_levels()) {
      const bool narrow = level == isa_name(Isa::x86_64_v3);
      engines.push_back({level, {widths.percent(50) ? 256 : narrow ? 128 : 512}});
    }
    const auto pipeline = maker.make(json, random_spec_fields(), engines);
    ASSERT_TRUE(pipeline.ok()) << json << pipeline.status().to_string();
    for (int round = 0; round < 3; ++round) {
      for (const Sample& s : samples(random)) {
        const hr_key key{random.next(), 1, random.next()};
        RunResult reference;
        ASSERT_EQ(compare_engines(*pipeline, s.image, key, 0, true, reference), "")
            << json << "\n"
            << s.name << " " << s.image.width << "x" << s.image.height << " seed " << key.seed << " sample "
            << key.sample;
        errors += reference.code != HR_OK;
        if (reference.code != HR_OK) continue;
        for (const int64_t scale : scales_of(pipeline->optimised, s.image, key))
          ++counts[s.name + " at " + std::to_string(scale)];
      }
    }
  }
  for (const char* kind : {"gray", "444", "422", "420", "440", "RGB"}) {
    for (const char* scale : {"1", "2", "4"}) {
      EXPECT_GT(counts[std::string("packed ") + kind + " at " + scale], 3) << kind << " at " << scale;
    }
  }
  for (const char* kind : {"JPEG 22", "JPEG 21", "JPEG 11", "JPEG 12", "JPEG gray"}) {
    int scaled = 0;
    for (const char* scale : {"1", "2", "4"}) scaled += counts[std::string(kind) + " at " + scale];
    EXPECT_GT(scaled, 3) << kind;
  }
  for (const auto& [name, count] : counts) {
    const bool pixels = name.starts_with("ycc") || name.starts_with("pixels");
    EXPECT_TRUE(!pixels || name.ends_with(" at 8")) << name;
  }
  std::printf("%s: %d samples failed alike on every engine\n", std::string(numerics_name(numerics)).c_str(),
              errors);
}

TEST(ScaledDifferential, EveryEngineAgreesInExactNumerics) { run(Numerics::exact); }
TEST(ScaledDifferential, EveryEngineAgreesInFastNumerics) { run(Numerics::fast); }

}  // namespace
}  // namespace headrace::testing
