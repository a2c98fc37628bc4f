#include <gtest/gtest.h>

#include "compiler/spec/canonical.h"
#include "tests/compiler/spec_testing.h"

namespace headrace {
namespace {

using spec_testing::dump;

TEST(SpecCanonical, WritesEveryKeyInAFixedOrder) {
  const auto spec = parse_spec(R"({"outputs": {
      "image": [{"field": "image", "op": "decode"}, {"use": "crop"},
                {"std": [1, 0.5, 25e-2], "op": "normalize", "mean": [0, -0.0, 1e-3]},
                {"op": "convert", "dtype": "f16"}],
      "mask": [{"op": "decode", "field": "m\"\u0001/~\u00e9"}, {"use": "crop", "filter": "area"}, {"use": "a_flip"}],
      "plain": [{"op": "decode", "idct_scale": "auto", "field": "image"}, {"op": "resize", "short_side": 80},
                {"op": "crop", "top": 0, "left": 2, "size": [16, 8]}, {"op": "horizontal_flip"},
                {"dtype": "u8", "expr": " x*1.20+0 ", "op": "map"}, {"op": "map", "expr": "(255)-x"},
                {"op": "call", "per": "row", "symbol": "f", "library": "a.so"},
                {"op": "convert", "dtype": "f32", "scale": 1.0}, {"op": "layout", "layout": "NCHW"}],
      "label": [{"op": "field", "field": "label"}]},
    "shared": {"crop": {"op": "random_resized_crop", "size": [32, 48], "antialias": false},
               "a_flip": {"op": "random_vertical_flip"}},
    "loader": {"tail": "drop", "order": "random"}, "headrace": 1})");
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(
      canonical_json(spec.value()),
      R"({"headrace":1,"numerics":"fast","loader":{"order":"random","tail":"drop"},)"
      R"("shared":{"a_flip":{"op":"random_vertical_flip","p":0.5},)"
      R"("crop":{"op":"random_resized_crop","size":[32,48],"scale":[0.08,1],"ratio":[0.75,1.3333333333333333],)"
      R"("filter":"bilinear","antialias":false}},)"
      R"("outputs":{"image":[{"op":"decode","field":"image"},{"use":"crop","filter":"bilinear","antialias":false},)"
      R"({"op":"normalize","mean":[0,0,0.001],"std":[1,0.5,0.25],"range":[0,1]},{"op":"convert","dtype":"f16"}],)"
      R"("mask":[{"op":"decode","field":"m\"\u0001/~é"},{"use":"crop","filter":"area"},{"use":"a_flip"}],)"
      R"("plain":[{"op":"decode","field":"image","idct_scale":"auto"},{"op":"resize","short_side":80,"filter":"bilinear","antialias":true},)"
      R"({"op":"crop","top":0,"left":2,"size":[16,8]},{"op":"horizontal_flip"},)"
      R"({"op":"map","expr":"x * 1.2 + 0","dtype":"u8"},{"op":"map","expr":"255 - x"},)"
      R"({"op":"call","symbol":"f","library":"a.so","per":"row","in":"u8","out":"u8"},)"
      R"({"op":"convert","dtype":"f32","scale":1},{"op":"layout","layout":"NCHW"}],)"
      R"("label":[{"op":"field","field":"label"}]}})");
}

TEST(SpecCanonical, WritesWhatIsDoneToBatches) {
  const auto spec = parse_spec(R"({"headrace": 1, "batch": [
      {"outputs": ["y", "x"], "op": "mixup"},
      {"op": "random_choice", "ops": [{"op": "cutmix", "outputs": ["x"], "p": 0.5, "alpha": 2e-1},
                                      {"op": "mixup", "outputs": ["x"]}]}],
      "outputs": {"x": [{"op": "decode", "field": "i"}, {"op": "resize", "size": [2, 3], "filter": "area"}],
                  "y": [{"op": "field", "field": "l"}, {"op": "one_hot", "classes": 4},
                        {"op": "label_smoothing", "epsilon": 0.10}],
                  "z": [{"op": "field", "field": "l"}, {"op": "one_hot"}]}})");
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(canonical_json(spec.value()),
            R"({"headrace":1,"numerics":"fast","loader":{},"shared":{},"outputs":{)"
            R"("x":[{"op":"decode","field":"i"},{"op":"resize","size":[2,3],"filter":"area"}],)"
            R"("y":[{"op":"field","field":"l"},{"op":"one_hot","classes":4},{"op":"label_smoothing","epsilon":0.1}],)"
            R"("z":[{"op":"field","field":"l"},{"op":"one_hot"}]},"batch":[)"
            R"({"op":"mixup","alpha":1,"p":1,"outputs":["y","x"]},)"
            R"({"op":"random_choice","ops":[{"op":"cutmix","alpha":0.2,"p":0.5,"outputs":["x"]},)"
            R"({"op":"mixup","alpha":1,"p":1,"outputs":["x"]}],"weights":[1,1]}]})");
}

TEST(SpecCanonical, ParsesBackToTheSameSpec) {
  for (const std::string& text :
       {spec_testing::full_spec(), spec_testing::read_source_file("examples/imagenet_train.json"),
        spec_testing::read_source_file("examples/imagenet_train_f16.json"),
        spec_testing::read_source_file("examples/imagenet_mixup.json"),
        spec_testing::read_source_file("examples/imagenet_eval.json")}) {
    const auto first = parse_spec(text);
    ASSERT_TRUE(first.ok()) << first.status().to_string();
    const std::string canonical = canonical_json(first.value());
    const auto second = parse_spec(canonical);
    ASSERT_TRUE(second.ok()) << canonical << "\n" << second.status().to_string();
    EXPECT_EQ(dump(second.value()), dump(first.value()));
    EXPECT_EQ(canonical_json(second.value()), canonical);
  }
}

TEST(SpecCanonical, DoesNotDependOnSpellingOrKeyOrder) {
  const auto a =
      parse_spec(R"({"headrace": 1, "numerics": "fast", "loader": {"order": "random", "window_bytes": 4096, "tail": "pad"},
      "shared": {"c": {"op": "random_crop", "size": [8, 8]}, "f": {"op": "random_horizontal_flip", "p": 0.5}},
      "outputs": {"x": [{"op": "decode", "field": "i"}, {"use": "c"}, {"use": "f"},
                        {"op": "normalize", "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "range": [0, 1]}]}})");
  const auto b = parse_spec(R"({"outputs": {"x": [{"field": "i", "op": "decode"}, {"use": "c"}, {"use": "f"},
                        {"std": [25e-2, 0.25, 0.250], "mean": [5e-1, 0.5, 0.5], "op": "normalize"}]},
      "shared": {"f": {"op": "random_horizontal_flip"}, "c": {"size": [8, 8], "op": "random_crop"}},
      "loader": {"tail": "pad", "window_bytes": 4096, "order": "random"}, "headrace": 1})");
  ASSERT_TRUE(a.ok()) << a.status().to_string();
  ASSERT_TRUE(b.ok()) << b.status().to_string();
  EXPECT_EQ(canonical_json(a.value()), canonical_json(b.value()));
}

}  // namespace
}  // namespace headrace
