// The reference of what computes on pixels without moving them, and of what says how outputs are stored.
#include "compiler/spec/op_reference_parts.h"
#include "compiler/spec/values.h"

namespace headrace::spec {
namespace {

OpReference normalize() {
  return {"normalize",
          OpKind::pixels,
          "on a u8 or f32 image, at most once",
          R"(Gives `(x - mean) / std` per channel, in f32. `range` says what values `mean` and `std` refer
to: with `[0, 1]` a u8 pixel counts as its value divided by 255, with `[0, 255]` as its value. An image
converted to f32 before is taken as it is and needs `[0, 1]`.)",
          {required_key("mean", "a list of 3 numbers, one for each of R, G, B", "taken off the values"),
           required_key("std", "a list of 3 numbers, one for each of R, G, B, each above 0",
                        "what they are then divided by"),
           default_key("range", "[0, 1] or [0, 255]", "[0, 1]", "what `mean` and `std` refer to")},
          "With `[0, 1]`, a mean or std above 2 is an error: it was surely meant for 0 to 255.",
          {R"([{"op": "decode", "field": "image"}, {"op": "resize", "size": [32, 32]},
 {"op": "normalize", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}])",
           R"([{"op": "decode", "field": "image"}, {"op": "resize", "size": [32, 32]},
 {"op": "normalize", "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375],
  "range": [0, 255]}])"},
          {"Graph IR: ops"}};
}

OpReference convert() {
  return {"convert",
          OpKind::type,
          "on an image, a number, or a vector",
          R"(Changes the element type. An image becomes u8, f16, bf16 or f32; a field becomes i64 or f32
(an f64 field: f32), once; a vector of classes becomes f16, bf16 or f32, once. To u8 values are rounded to
nearest even and clamped to 0..255; a normalized image cannot become u8.)",
          {required_key("dtype", R"("u8", "f16", "bf16", "f32" or "i64")", "the new type"),
           optional_key("scale", "a number from 1e-30 to 1e30", "none",
                        "factor for u8 to f16, bf16 or f32; required there, an error elsewhere")},
          "",
          {R"([{"op": "decode", "field": "image"}, {"op": "resize", "size": [32, 32]},
 {"op": "convert", "dtype": "bf16", "scale": 0.00392156862745098}])"},
          {"Numbers", "Graph IR: ops"}};
}

OpReference layout() {
  return {"layout",
          OpKind::type,
          "on an image, at most once, after all crops, resizes, flips and `call`",
          "Says how an image lies in the batch.",
          {required_key("layout", R"("NHWC", "NCHW" or "channels_last")",
                        "`channels_last`: shape as NCHW, memory as NHWC")},
          "",
          {R"([{"op": "decode", "field": "image"}, {"op": "resize", "size": [32, 32]},
 {"op": "layout", "layout": "NCHW"}])"},
          {"Graph IR: ops"}};
}

OpReference one_hot() {
  return {
      "one_hot",
      OpKind::vector,
      "directly after the `field` of an i64 field, at most once",
      R"(Makes a vector of `classes` numbers of an i64 field: 1 at the place the field's value names, 0
elsewhere, in f32. A value below 0, or not below `classes`, is an error of that sample.)",
      {optional_key("classes", integer_text(1, kMaxClasses), "as many as the field's values have names",
                    "length of the vector")},
      R"(A dataset written from a folder of classes names the values of its label, so that `classes` can be
left out; it may be larger than their number, not smaller. Where the dataset names none, or the spec is
compiled without one, `classes` is required.)",
      {R"([{"op": "field", "field": "label"}, {"op": "one_hot", "classes": 1000}])"},
      {"Graph IR: ops"}};
}

OpReference label_smoothing() {
  return {"label_smoothing",
          OpKind::vector,
          "after `one_hot`, at most once, before `convert`",
          R"(Takes `epsilon` off the class of a sample and spreads it over all. An element becomes
`(1 - epsilon) x + epsilon / classes`, as PyTorch's cross-entropy does.)",
          {required_key("epsilon", std::string(kProbabilityText), "how much")},
          "",
          {R"([{"op": "field", "field": "label"}, {"op": "one_hot", "classes": 1000},
 {"op": "label_smoothing", "epsilon": 0.1}, {"op": "convert", "dtype": "bf16"}])"},
          {"Graph IR: ops"}};
}

}  // namespace

std::vector<OpReference> value_op_references() {
  return {normalize(), convert(), layout(), one_hot(), label_smoothing()};
}

}  // namespace headrace::spec
