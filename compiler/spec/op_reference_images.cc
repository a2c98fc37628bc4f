// The reference of what reads a sample's fields and of what changes an image's geometry.
#include "compiler/spec/op_reference_parts.h"
#include "compiler/spec/values.h"

namespace headrace::spec {
namespace {

std::string field_text() {
  return "the name of a dataset field (1 to " + std::to_string(kMaxFieldName) + " bytes)";
}

std::string size_text() { return "[height, width], each " + integer_text(1, kMaxSide); }

KeyReference size_key() { return required_key("size", size_text(), "size of the result"); }

KeyReference filter_key() {
  return default_key(
      "filter", R"("bilinear", "area" or "nearest")", R"("bilinear")",
      "how it is resized. `bilinear`: with a triangle filter. `area`: mean over the covered area, as "
      "OpenCV's INTER_AREA. `nearest`: one pixel; the filter for masks");
}

KeyReference antialias_key() {
  return default_key(
      "antialias", "true or false", "true",
      "of `bilinear`, not allowed with other filters. `true`: the filter is as wide as the reduction, as in "
      "Pillow and torchvision. `false`: the four nearest pixels only, whatever the reduction");
}

KeyReference probability_key() {
  return default_key("p", std::string(kProbabilityText), "0.5", "probability");
}

constexpr const char* kScaledNotes =
    R"(With `"idct_scale": "auto"` the compiler looks at the first resize of the output (`resize` or
`random_resized_crop`) and at the crops before it, sample by sample. An image of which crop x n / 8, in
both directions, is at least twice what it is resized to is decoded at n / 8 of its size, by the smallest
such n of 4, 2 and 1, and otherwise whole: at 4 / 8 from 4 times the output's size on, for 224 x 224 pixels
a crop of 896 x 896. The decoder then computes fewer and smoother pixels, and what is left for the resize
is a reduction by 2 or more. That is faster, and it is another antialiasing filter:
[performance.md](performance.md#decoding-at-a-smaller-size) says by how much it changes the result and how
much time it saves. Crops stay in pixels of the whole image, and draws are the same. It applies to JPEGs,
as files and packed; images that are stored as pixels (`rgb`, `ycc`) are read as they are. With
`"numerics": "exact"` the smaller image is bit for bit libjpeg-turbo's, resized as Pillow does with
`draft()` and `box`.

An output that has no resize is an error, and so is a first resize with the filter `nearest` or without
antialiasing: these take single pixels as they are, which a smaller image does not have.)";

OpReference decode() {
  return {"decode",
          OpKind::source,
          "first in an output",
          "Decodes an image field to RGB, u8. Grey and CMYK images are converted.",
          {required_key("field", field_text(), "an image field of the dataset"),
           default_key("idct_scale", R"("none" or "auto")", R"("none")",
                       "`auto`: an image that is far larger than needed may be decoded smaller")},
          kScaledNotes,
          {R"([{"op": "decode", "field": "image"}, {"op": "resize", "size": [32, 32]}])",
           R"([{"op": "decode", "field": "image", "idct_scale": "auto"},
 {"op": "random_resized_crop", "size": [64, 64]}])"},
          {"Graph IR: ops", "IDCT", "At a scale"}};
}

OpReference field() {
  return {"field",
          OpKind::source,
          "first in an output",
          R"(Takes a number of each sample: an i64 or f64 field. An f64 field needs a `convert` to f32
after it. A field of kind bytes (such as `key`, the path of the sample's source) becomes a row of `length`
u8 values, padded with zeros; a sample with more bytes is an error.)",
          {required_key("field", field_text(), "an i64, f64 or bytes field of the dataset"),
           optional_key("length", integer_text(1, kMaxOffset), "none",
                        "bytes of a row; required for fields of kind bytes, not allowed for others")},
          "",
          {R"([{"op": "field", "field": "label"}])", R"([{"op": "field", "field": "key", "length": 64}])"},
          {"Graph IR: ops"}};
}

OpReference crop() {
  return {"crop",
          OpKind::geometry,
          "on an image, before `layout`",
          "Cuts out a fixed rectangle.",
          {required_key("top", integer_text(0, kMaxOffset), "the rectangle's first row"),
           required_key("left", integer_text(0, kMaxOffset), "the rectangle's first column"), size_key()},
          "",
          {R"([{"op": "decode", "field": "image"}, {"op": "crop", "top": 16, "left": 0, "size": [64, 96]}])"},
          {"Graph IR: ops"}};
}

OpReference center_crop() {
  return {"center_crop",
          OpKind::geometry,
          "on an image, before `layout`",
          "Cuts out the middle.",
          {size_key()},
          "",
          {R"([{"op": "decode", "field": "image"}, {"op": "resize", "short_side": 256},
 {"op": "center_crop", "size": [224, 224]}])"},
          {"Graph IR: ops"}};
}

OpReference random_crop() {
  return {"random_crop",
          OpKind::geometry,
          "on an image, before `layout`",
          "Cuts out a rectangle at a random place, every place equally likely.",
          {size_key()},
          "",
          {R"([{"op": "decode", "field": "image"}, {"op": "resize", "size": [40, 40]},
 {"op": "random_crop", "size": [32, 32]}])"},
          {"Graph IR: ops", "Random numbers"}};
}

OpReference random_resized_crop() {
  return {"random_resized_crop",
          OpKind::geometry,
          "on an 8-bit image, before `normalize`, `convert` and `layout`",
          "Cuts out a rectangle of random area and shape (torchvision's algorithm) and resizes it.",
          {size_key(),
           default_key("scale", "[low, high] with 0 < low <= high <= 1", "[0.08, 1]",
                       "range of the rectangle's share of the image's area"),
           default_key("ratio", "[low, high] with 1e-6 <= low <= high <= 1e6", "[0.75, 1.3333333333333333]",
                       "range of its width divided by its height"),
           filter_key(), antialias_key()},
          "",
          {R"([{"op": "decode", "field": "image"},
 {"op": "random_resized_crop", "size": [224, 224], "scale": [0.25, 1], "ratio": [0.75, 1.3333333333333333],
  "filter": "bilinear", "antialias": true}])"},
          {"Graph IR: ops", "Random numbers", "Resampling", "Resampling in planes"}};
}

OpReference resize() {
  return {"resize",
          OpKind::geometry,
          "on an 8-bit image, before `normalize`, `convert` and `layout`",
          "Resizes the whole image.",
          {optional_key("size", size_text(), "one of the two is required", "size of the result"),
           optional_key("short_side", integer_text(1, kMaxSide), "one of the two is required",
                        "length of the result's shorter side; the other keeps the proportions"),
           filter_key(), antialias_key()},
          "",
          {R"([{"op": "decode", "field": "image"}, {"op": "resize", "size": [128, 128]}])",
           R"([{"op": "decode", "field": "mask"}, {"op": "resize", "short_side": 144, "filter": "nearest"},
 {"op": "center_crop", "size": [128, 128]}])",
           R"([{"op": "decode", "field": "image"}, {"op": "resize", "size": [128, 128], "filter": "area"}])"},
          {"Graph IR: ops", "Resampling", "Resampling in planes"}};
}

OpReference flip(std::string_view name, const std::string& summary, const std::string& keys_of_example) {
  const std::string example = R"([{"op": "decode", "field": "image"}, {"op": "resize", "size": [32, 32]},
 {"op": ")" + std::string(name) +
                              "\"" + keys_of_example + "}]";
  return {name,      OpKind::geometry, "on an image, before `layout`", summary, {}, "",
          {example}, {"Graph IR: ops"}};
}

OpReference random_flip(std::string_view name, const std::string& summary,
                        const std::string& keys_of_example) {
  OpReference op = flip(name, summary, keys_of_example);
  op.keys.push_back(probability_key());
  op.defined_in.push_back("Random numbers");
  return op;
}

}  // namespace

std::vector<OpReference> image_op_references() {
  return {
      decode(),
      field(),
      crop(),
      center_crop(),
      random_crop(),
      random_resized_crop(),
      resize(),
      flip("horizontal_flip", "Mirrors left and right, always.", ""),
      flip("vertical_flip", "Mirrors top and bottom, always.", ""),
      random_flip("random_horizontal_flip", "Mirrors left and right with probability `p`.", R"(, "p": 0.5)"),
      random_flip("random_vertical_flip", "Mirrors top and bottom with probability `p`.", R"(, "p": 0.1)")};
}

}  // namespace headrace::spec
