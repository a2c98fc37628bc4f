// Good specs and what they are read as.
#include <gtest/gtest.h>

#include "compiler/spec.h"
#include "tests/compiler/spec_testing.h"

namespace headrace {
namespace {

using spec_testing::dump;
using spec_testing::with_ops;

std::string parsed(std::string_view text, const std::vector<ProgramField>* fields = nullptr) {
  const auto spec = parse_spec(text, fields);
  return spec.ok() ? dump(spec.value()) : spec.status().to_string();
}

TEST(SpecParse, ReadsEveryOpAndKey) {
  EXPECT_EQ(parsed(spec_testing::full_spec(), &spec_testing::sample_fields()),
            R"(numerics=exact order=quasi_random window_bytes=33554432 tail=wrap
image:
  decode at /outputs/image/0 rng /outputs/image/0 | Decode image
  random_resized_crop at /outputs/image/1 rng /shared/crop | RandomResizedCrop size=224x192 scale=0.25..1 ratio=0.5..2 filter=bilinear
  random_crop at /outputs/image/2 rng /shared/window | RandomCrop size=160x176
  random_horizontal_flip at /outputs/image/3 rng /shared/mirror | Flip horizontal p=0.25
  random_vertical_flip at /outputs/image/4 rng /shared/upside | Flip vertical p=0.125
  normalize at /outputs/image/5 rng /outputs/image/5 | Normalize range=1 mean=0.48499999999999999,0.45600000000000002,0.40600000000000003, std=0.22900000000000001,0.224,0.22500000000000001,
  convert at /outputs/image/6 rng /outputs/image/6 | Convert f16
  layout at /outputs/image/7 rng /outputs/image/7 | SetLayout channels_last
mask:
  decode at /outputs/mask/0 rng /outputs/mask/0 | Decode mask
  random_resized_crop at /outputs/mask/1 rng /shared/crop | RandomResizedCrop size=224x192 scale=0.25..1 ratio=0.5..2 filter=nearest
  random_crop at /outputs/mask/2 rng /shared/window | RandomCrop size=160x176
  random_horizontal_flip at /outputs/mask/3 rng /shared/mirror | Flip horizontal p=0.25
  random_vertical_flip at /outputs/mask/4 rng /shared/upside | Flip vertical p=0.125
  layout at /outputs/mask/5 rng /outputs/mask/5 | SetLayout NHWC
soft_mask:
  decode at /outputs/soft_mask/0 rng /outputs/soft_mask/0 | Decode mask
  random_resized_crop at /outputs/soft_mask/1 rng /shared/crop | RandomResizedCrop size=224x192 scale=0.25..1 ratio=0.5..2 filter=bilinear_point
view:
  decode at /outputs/view/0 rng /outputs/view/0 | Decode image idct_scale=auto
  resize at /outputs/view/1 rng /outputs/view/1 | Resize short_side=256 filter=area
  center_crop at /outputs/view/2 rng /outputs/view/2 | CenterCrop size=240x200
  crop at /outputs/view/3 rng /outputs/view/3 | Crop 8,4 size=128x64
  map at /outputs/view/4 rng /outputs/view/4 | Map 255 - x * 0.5
  call at /outputs/view/5 rng /outputs/view/5 | Call f of a.so per image u8->u8
  horizontal_flip at /outputs/view/6 rng /outputs/view/6 | Flip horizontal
  vertical_flip at /outputs/view/7 rng /outputs/view/7 | Flip vertical
  convert at /outputs/view/8 rng /outputs/view/8 | Convert f32 scale=0.0039215686274509803
wide:
  decode at /outputs/wide/0 rng /outputs/wide/0 | Decode image
  random_resized_crop at /outputs/wide/1 rng /outputs/wide/1 | RandomResizedCrop size=64x512 scale=0.080000000000000002..1 ratio=0.75..1.3333333333333333 filter=bilinear
  resize at /outputs/wide/2 rng /outputs/wide/2 | Resize size=32x256 filter=bilinear_point
  random_crop at /outputs/wide/3 rng /outputs/wide/3 | RandomCrop size=24x24
  random_horizontal_flip at /outputs/wide/4 rng /outputs/wide/4 | Flip horizontal p=0.5
  random_vertical_flip at /outputs/wide/5 rng /outputs/wide/5 | Flip vertical p=0.5
  normalize at /outputs/wide/6 rng /outputs/wide/6 | Normalize range=255 mean=123.675,116.28,103.53, std=58.395000000000003,57.119999999999997,57.375,
  convert at /outputs/wide/7 rng /outputs/wide/7 | Convert bf16
  layout at /outputs/wide/8 rng /outputs/wide/8 | SetLayout NCHW
label:
  field at /outputs/label/0 rng /outputs/label/0 | Field label
  convert at /outputs/label/1 rng /outputs/label/1 | Convert i64
class:
  field at /outputs/class/0 rng /outputs/class/0 | Field label
  one_hot at /outputs/class/1 rng /outputs/class/1 | OneHot classes=10
  label_smoothing at /outputs/class/2 rng /outputs/class/2 | LabelSmoothing epsilon=0.10000000000000001
  convert at /outputs/class/3 rng /outputs/class/3 | Convert f16
score:
  field at /outputs/score/0 rng /outputs/score/0 | Field score
  convert at /outputs/score/1 rng /outputs/score/1 | Convert f32
batch at /batch/0:
  mixup at /batch/0 alpha=0.25 p=0.5 image class
batch at /batch/1:
  cutmix at /batch/1/ops/0 alpha=1 p=1 weight=1 class mask image
  mixup at /batch/1/ops/1 alpha=1 p=1 weight=3 view
)");
}

TEST(SpecParse, ClassesComeFromTheDatasetIfTheyAreNotStated) {
  const std::string text = with_ops(R"([{"op": "field", "field": "label"}, {"op": "one_hot"}])");
  const auto classes = [](const Expected<spec::Spec>& spec) {
    EXPECT_TRUE(spec.ok()) << spec.status().to_string();
    return std::get<spec::OneHot>(spec->outputs[0].ops[1].params).classes;
  };
  EXPECT_EQ(classes(parse_spec(text)), std::nullopt);
  EXPECT_EQ(classes(parse_spec(text, &spec_testing::sample_fields())), 10);
  const std::string more = with_ops(R"([{"op": "field", "field": "label"}, {"op": "one_hot", "classes": 12}])");
  EXPECT_EQ(classes(parse_spec(more, &spec_testing::sample_fields())), 12);
  const std::vector<ProgramField> many = {{"label", FieldKind::i64, 70000}};
  EXPECT_EQ(parse_spec(text, &many).status().to_string(),
            "error[spec.too_large] /outputs/x/1: field \"label\" names 70000 values; a vector has at most 65535");
}

TEST(SpecParse, LoaderAndNumericsAreOptional) {
  const auto spec = parse_spec(with_ops(R"([{"op": "field", "field": "label"}])"));
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(spec.value().numerics, Numerics::fast);
  EXPECT_FALSE(spec.value().loader.order.has_value());
  EXPECT_FALSE(spec.value().loader.tail.has_value());
  EXPECT_FALSE(spec.value().loader.window_bytes.has_value());
  const auto empty = parse_spec(
      R"({"loader": {}, "shared": {}, "outputs": {"x": [{"op": "field", "field": "a"}]}, "headrace": 1})");
  ASSERT_TRUE(empty.ok()) << empty.status().to_string();
  EXPECT_FALSE(empty.value().loader.order.has_value());
}

TEST(SpecParse, IdctScaleIsNoneUnlessAsked) {
  for (const char* key : {"", R"(, "idct_scale": "none")", R"(, "idct_scale": "auto")"}) {
    const auto spec = parse_spec(with_ops(R"([{"op": "decode", "field": "i")" + std::string(key) +
                                          R"(}, {"op": "random_resized_crop", "size": [4, 4], "filter": "area"}])"));
    ASSERT_TRUE(spec.ok()) << spec.status().to_string();
    const auto scale = std::get<spec::Decode>(spec.value().outputs[0].ops[0].params).idct_scale;
    const bool asked = std::string_view(key).find("auto") != std::string_view::npos;
    EXPECT_EQ(scale, asked ? spec::IdctScale::automatic : spec::IdctScale::none);
  }
}

TEST(SpecParse, OutputsKeepTheOrderOfTheText) {
  const auto spec = parse_spec(R"({"headrace": 1, "outputs": {
      "zebra": [{"op": "field", "field": "a"}], "ape": [{"op": "field", "field": "a"}],
      "_m1": [{"op": "field", "field": "a"}]}})");
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  ASSERT_EQ(spec.value().outputs.size(), 3u);
  EXPECT_EQ(spec.value().outputs[0].name, "zebra");
  EXPECT_EQ(spec.value().outputs[1].name, "ape");
  EXPECT_EQ(spec.value().outputs[2].name, "_m1");
}

TEST(SpecParse, RangeIsReadAsNumbers) {
  for (const char* range : {"[0, 1]", "[0.0, 1.0]", "[-0.0, 1]"}) {
    EXPECT_TRUE(parse_spec(with_ops(R"([{"op": "decode", "field": "i"}, {"op": "random_crop", "size": [4, 4]},
        {"op": "normalize", "mean": [0, 0, 0], "std": [1, 1, 1], "range": )" +
                                    std::string(range) + "}]"))
                    .ok())
        << range;
  }
}

/// Sequences of ops after decode that are all right.
class GoodSequence : public testing::TestWithParam<const char*> {};

TEST_P(GoodSequence, IsAccepted) {
  const std::string text =
      with_ops(R"([{"op": "decode", "field": "image"}, )" + std::string(GetParam()) + "]");
  const auto spec = parse_spec(text, &spec_testing::sample_fields());
  EXPECT_TRUE(spec.ok()) << text << "\n" << spec.status().to_string();
}

#define HR_NORM R"({"op": "normalize", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]})"
#define HR_NORM255 R"({"op": "normalize", "mean": [127, 127, 127], "std": [64, 64, 64], "range": [0, 255]})"
#define HR_RESIZE R"({"op": "resize", "size": [64, 64]})"
#define HR_SCALED R"({"op": "convert", "dtype": "f32", "scale": 0.00392156862745098})"

INSTANTIATE_TEST_SUITE_P(
    Spec, GoodSequence,
    testing::Values(HR_RESIZE,                                                                        //
                    HR_RESIZE "," HR_NORM,                                                            //
                    HR_RESIZE "," HR_NORM255,                                                         //
                    HR_RESIZE "," HR_SCALED,                                                          //
                    HR_RESIZE "," HR_SCALED "," HR_NORM,                                              //
                    HR_RESIZE "," HR_SCALED R"(, {"op": "convert", "dtype": "f16"})",                 //
                    HR_RESIZE "," HR_SCALED R"(, {"op": "convert", "dtype": "u8"})",                  //
                    HR_RESIZE R"(, {"op": "convert", "dtype": "u8"})",                                //
                    HR_RESIZE "," HR_NORM R"(, {"op": "convert", "dtype": "bf16"})",                  //
                    HR_RESIZE "," HR_NORM R"(, {"op": "convert", "dtype": "f32"})",                   //
                    HR_RESIZE "," HR_NORM R"(, {"op": "random_crop", "size": [64, 64]})",             //
                    HR_RESIZE "," HR_NORM R"(, {"op": "horizontal_flip"}, {"op": "vertical_flip"})",  //
                    HR_NORM R"(, {"op": "center_crop", "size": [32, 32]})",                           //
                    HR_SCALED R"(, {"op": "crop", "top": 3, "left": 0, "size": [32, 32]})",           //
                    HR_RESIZE R"(, {"op": "layout", "layout": "NCHW"},)" HR_NORM,                     //
                    HR_RESIZE R"(, {"op": "crop", "top": 32, "left": 1, "size": [32, 63]})",          //
                    HR_RESIZE
                    R"(, {"op": "resize", "size": [128, 128]}, {"op": "center_crop", "size": [128, 65]})",
                    R"({"op": "resize", "short_side": 100}, {"op": "random_crop", "size": [100, 100]})",   //
                    R"({"op": "resize", "short_side": 100}, {"op": "random_crop", "size": [300, 100]})",   //
                    R"({"op": "resize", "size": [1, 16384], "filter": "nearest"})",                        //
                    R"({"op": "random_resized_crop", "size": [8, 8], "scale": [1, 1], "ratio": [1, 1]})",  //
                    HR_RESIZE
                    R"(, {"op": "random_horizontal_flip", "p": 0}, {"op": "random_vertical_flip", "p": 1})"));

TEST(SpecParse, FieldOutputs) {
  const auto* fields = &spec_testing::sample_fields();
  for (const char* ops : {R"([{"op": "field", "field": "label"}])",
                          R"([{"op": "field", "field": "label"}, {"op": "convert", "dtype": "i64"}])",
                          R"([{"op": "field", "field": "label"}, {"op": "convert", "dtype": "f32"}])",
                          R"([{"op": "field", "field": "score"}, {"op": "convert", "dtype": "f32"}])"}) {
    EXPECT_TRUE(parse_spec(with_ops(ops), fields).ok()) << ops;
  }
  EXPECT_TRUE(parse_spec(with_ops(R"([{"op": "field", "field": "not known yet"}])")).ok());
}

TEST(SpecParse, AntialiasOverrideOfASharedOp) {
  // base keys of the shared op, keys of the use, the filter that comes out
  constexpr struct {
    const char *base, *use;
    Filter filter;
  } kCases[] = {
      {"", "", Filter::bilinear},
      {R"(, "antialias": false)", "", Filter::bilinear_point},
      {R"(, "antialias": false)", R"(, "filter": "bilinear")", Filter::bilinear_point},
      {R"(, "antialias": false)", R"(, "antialias": true)", Filter::bilinear},
      {R"(, "antialias": false)", R"(, "filter": "area")", Filter::area},
      {R"(, "filter": "area")", R"(, "filter": "bilinear")", Filter::bilinear},
      {R"(, "filter": "area")", R"(, "filter": "bilinear", "antialias": false)", Filter::bilinear_point},
      {R"(, "filter": "nearest")", "", Filter::nearest},
  };
  for (const auto& c : kCases) {
    const std::string text =
        R"({"headrace": 1, "shared": {"c": {"op": "random_resized_crop", "size": [4, 4])" +
        std::string(c.base) + R"(}}, "outputs": {"x": [{"op": "decode", "field": "i"}, {"use": "c")" + c.use +
        "}]}}";
    const auto spec = parse_spec(text);
    ASSERT_TRUE(spec.ok()) << text << "\n" << spec.status().to_string();
    EXPECT_EQ(std::get<spec::RandomResizedCrop>(spec.value().outputs[0].ops[1].params).filter, c.filter)
        << text;
  }
}

}  // namespace
}  // namespace headrace
