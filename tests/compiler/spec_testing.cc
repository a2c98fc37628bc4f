#include "tests/compiler/spec_testing.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iomanip>
#include <sstream>

namespace headrace::spec_testing {
namespace {

struct DumpParams {
  std::ostream& out;

  void size(const char* name, const Size2& s) const {
    out << ' ' << name << '=' << s.height << 'x' << s.width;
  }
  void filter(Filter f) const {
    static constexpr const char* kNames[] = {"bilinear", "bilinear_point", "area", "nearest"};
    out << " filter=" << kNames[int(f)];
  }
  void list(const char* name, const std::vector<double>& values) const {
    out << ' ' << name << '=';
    for (const double v : values) out << v << ',';
  }

  void operator()(const spec::Field& p) const { out << " Field " << p.field; }
  void operator()(const spec::Decode& p) const {
    out << " Decode " << p.field << (p.idct_scale == spec::IdctScale::automatic ? " idct_scale=auto" : "");
  }
  void operator()(const spec::Crop& p) const {
    out << " Crop " << p.top << ',' << p.left;
    size("size", p.size);
  }
  void operator()(const spec::CenterCrop& p) const {
    out << " CenterCrop";
    size("size", p.size);
  }
  void operator()(const spec::RandomCrop& p) const {
    out << " RandomCrop";
    size("size", p.size);
  }
  void operator()(const spec::RandomResizedCrop& p) const {
    out << " RandomResizedCrop";
    size("size", p.size);
    out << " scale=" << p.scale.first << ".." << p.scale.second;
    out << " ratio=" << p.ratio.first << ".." << p.ratio.second;
    filter(p.filter);
  }
  void operator()(const spec::Resize& p) const {
    out << " Resize";
    if (p.size) size("size", *p.size);
    if (p.short_side) out << " short_side=" << *p.short_side;
    filter(p.filter);
  }
  void operator()(const spec::Flip& p) const {
    out << " Flip " << (p.horizontal ? "horizontal" : "vertical");
    if (p.p) out << " p=" << *p.p;
  }
  void operator()(const spec::Normalize& p) const {
    out << " Normalize range=" << p.range;
    list("mean", p.mean);
    list("std", p.std);
  }
  void operator()(const spec::Convert& p) const {
    out << " Convert " << dtype_name(p.dtype);
    if (p.scale) out << " scale=" << *p.scale;
  }
  void operator()(const spec::Map& p) const {
    out << " Map " << p.expr << (p.dtype ? " dtype=" + std::string(dtype_name(*p.dtype)) : "");
  }
  void operator()(const spec::Call& p) const {
    out << " Call " << p.symbol << " of " << p.library << " per " << (p.by_row ? "row " : "image ") << dtype_name(p.in) << "->"
        << dtype_name(p.out);
  }
  void operator()(const spec::OneHot& p) const {
    out << " OneHot";
    if (p.classes) out << " classes=" << *p.classes;
  }
  void operator()(const spec::LabelSmoothing& p) const { out << " LabelSmoothing epsilon=" << p.epsilon; }
  void operator()(const spec::SetLayout& p) const { out << " SetLayout " << layout_name(p.layout); }
};

}  // namespace

std::string dump(const spec::Spec& spec) {
  std::ostringstream out;
  out << std::setprecision(17) << "numerics=" << numerics_name(spec.numerics);
  if (spec.loader.order) out << " order=" << *spec.loader.order;
  if (spec.loader.window_bytes) out << " window_bytes=" << *spec.loader.window_bytes;
  if (spec.loader.tail) out << " tail=" << *spec.loader.tail;
  out << '\n';
  for (const spec::Output& output : spec.outputs) {
    out << output.name << ":\n";
    for (const spec::Op& op : output.ops) {
      out << "  " << op.name << " at " << op.pointer << " rng " << op.rng_id << " |";
      std::visit(DumpParams{out}, op.params);
      out << '\n';
    }
  }
  for (const spec::BatchStep& step : spec.batch) {
    out << "batch at " << step.pointer << ":\n";
    for (size_t i = 0; i < step.ops.size(); ++i) {
      const spec::Mix& m = step.ops[i];
      out << "  " << (m.cuts ? "cutmix" : "mixup") << " at " << m.pointer << " alpha=" << m.alpha << " p=" << m.p;
      if (!step.weights.empty()) out << " weight=" << step.weights[i];
      for (const std::string& output : m.outputs) out << ' ' << output;
      out << '\n';
    }
  }
  return out.str();
}

std::string with_ops(std::string_view ops) {
  return "{\"headrace\": 1, \"outputs\": {\"x\": " + std::string(ops) + "}}";
}

std::string full_spec() {
  return R"({
  "headrace": 1,
  "numerics": "exact",
  "loader": {"order": "quasi_random", "window_bytes": 33554432, "tail": "wrap"},
  "shared": {
    "crop": {"op": "random_resized_crop", "size": [224, 192], "scale": [0.25, 1], "ratio": [0.5, 2.0],
             "filter": "bilinear", "antialias": true},
    "window": {"op": "random_crop", "size": [160, 176]},
    "mirror": {"op": "random_horizontal_flip", "p": 0.25},
    "upside": {"op": "random_vertical_flip", "p": 0.125}
  },
  "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"use": "crop"}, {"use": "window"}, {"use": "mirror"},
              {"use": "upside"},
              {"op": "normalize", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "range": [0, 1]},
              {"op": "convert", "dtype": "f16"}, {"op": "layout", "layout": "channels_last"}],
    "mask": [{"op": "decode", "field": "mask"}, {"use": "crop", "filter": "nearest"}, {"use": "window"},
             {"use": "mirror"}, {"use": "upside"}, {"op": "layout", "layout": "NHWC"}],
    "soft_mask": [{"op": "decode", "field": "mask"}, {"use": "crop", "antialias": false}],
    "view": [{"op": "decode", "field": "image", "idct_scale": "auto"},
             {"op": "resize", "short_side": 256, "filter": "area"},
             {"op": "center_crop", "size": [240, 200]},
             {"op": "crop", "top": 8, "left": 4, "size": [128, 64]},
             {"op": "map", "expr": "255 - x * 0.5"},
             {"op": "call", "symbol": "f", "library": "a.so", "per": "image", "in": "u8", "out": "u8"}, {"op": "horizontal_flip"}, {"op": "vertical_flip"},
             {"op": "convert", "dtype": "f32", "scale": 0.00392156862745098}],
    "wide": [{"op": "decode", "field": "image"},
             {"op": "random_resized_crop", "size": [64, 512]},
             {"op": "resize", "size": [32, 256], "filter": "bilinear", "antialias": false},
             {"op": "random_crop", "size": [24, 24]},
             {"op": "random_horizontal_flip"}, {"op": "random_vertical_flip"},
             {"op": "normalize", "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375],
              "range": [0, 255]},
             {"op": "convert", "dtype": "bf16"}, {"op": "layout", "layout": "NCHW"}],
    "label": [{"op": "field", "field": "label"}, {"op": "convert", "dtype": "i64"}],
    "class": [{"op": "field", "field": "label"}, {"op": "one_hot", "classes": 10},
              {"op": "label_smoothing", "epsilon": 0.1}, {"op": "convert", "dtype": "f16"}],
    "score": [{"op": "field", "field": "score"}, {"op": "convert", "dtype": "f32"}]
  },
  "batch": [{"op": "mixup", "alpha": 0.25, "p": 0.5, "outputs": ["image", "class"]},
            {"op": "random_choice", "weights": [1, 3],
             "ops": [{"op": "cutmix", "outputs": ["class", "mask", "image"]},
                     {"op": "mixup", "outputs": ["view"]}]}]
})";
}

std::string read_source_file(const std::string& path) {
  std::ifstream in(std::string(HEADRACE_SOURCE_DIR) + "/" + path, std::ios::binary);
  EXPECT_TRUE(in.is_open()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

const std::vector<ProgramField>& sample_fields() {
  static const std::vector<ProgramField> kFields = {{"image", FieldKind::image},
                                                    {"mask", FieldKind::image},
                                                    {"label", FieldKind::i64, 10},
                                                    {"weight", FieldKind::i64},
                                                    {"score", FieldKind::f64},
                                                    {"key", FieldKind::bytes}};
  return kFields;
}

}  // namespace headrace::spec_testing
