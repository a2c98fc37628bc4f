#include "compiler/spec/ops.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "compiler/spec/batch.h"
#include "compiler/spec/filter.h"
#include "compiler/spec/suggest.h"
#include "compiler/spec/text.h"
#include "compiler/spec/user_ops.h"
#include "compiler/spec/values.h"

namespace headrace::spec {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::string_view kSizeText = "[height, width]";

constexpr std::array<DType, 5> kDTypes = {DType::u8, DType::f16, DType::bf16, DType::f32, DType::i64};
constexpr std::array<Layout, 3> kLayouts = {Layout::nhwc, Layout::nchw, Layout::channels_last};

/// Reads a key with a `read_...(value, where, ..., errors)` function of values.h into `out`, if the key
/// is there and its value is valid.
template <class T, class Read, class... Args>
void read_optional(ObjectReader& in, std::string_view key, T& out, Read read, Args... args) {
  if (const json::Value* v = in.find(key)) {
    if (auto value = read(*v, in.where(key), args..., in.errors())) out = *value;
  }
}

template <class T, class Read, class... Args>
void read_required(ObjectReader& in, std::string_view key, std::string_view expected, T& out, Read read,
                   Args... args) {
  if (in.require(key, expected) != nullptr) read_optional(in, key, out, read, args...);
}

void read_required_size(ObjectReader& in, Size2& out) {
  read_required(in, "size", kSizeText, out, read_size);
}

std::string read_field_name(ObjectReader& in) {
  constexpr std::string_view kExpected = "the name of a dataset field";
  std::string name;
  read_required(in, "field", kExpected, name, read_string, kExpected);
  const json::Value* v = in.find("field");
  if (v != nullptr && v->kind == json::Kind::string && (name.empty() || name.size() > kMaxFieldName)) {
    in.errors().add("spec.bad_value", in.where("field"),
                    "expected the name of a dataset field (1 to 255 bytes), found " + describe(*v));
  }
  return name;
}

OpParams parse_decode(ObjectReader& in) {
  constexpr std::array<std::string_view, 2> kScales = {"none", "auto"};
  Decode p;
  p.field = read_field_name(in);
  size_t index = 0;
  read_optional(in, "idct_scale", index, read_choice, Names(kScales));
  p.idct_scale = index == 1 ? IdctScale::automatic : IdctScale::none;
  return p;
}

OpParams parse_field(ObjectReader& in) {
  Field p;
  p.field = read_field_name(in);
  if (const json::Value* v = in.find("length")) {
    p.length = read_integer(*v, in.where("length"), 1, kMaxOffset, in.errors());
  }
  return p;
}

OpParams parse_crop(ObjectReader& in) {
  Crop p;
  read_required(in, "top", "an integer from 0 to 65535", p.top, read_integer, int64_t{0}, kMaxOffset);
  read_required(in, "left", "an integer from 0 to 65535", p.left, read_integer, int64_t{0}, kMaxOffset);
  read_required_size(in, p.size);
  return p;
}

OpParams parse_center_crop(ObjectReader& in) {
  CenterCrop p;
  read_required_size(in, p.size);
  return p;
}

OpParams parse_random_crop(ObjectReader& in) {
  RandomCrop p;
  read_required_size(in, p.size);
  return p;
}

OpParams parse_random_resized_crop(ObjectReader& in) {
  RandomResizedCrop p;
  read_required_size(in, p.size);
  read_optional(in, "scale", p.scale, read_interval, true);
  read_optional(in, "ratio", p.ratio, read_interval, false);
  p.filter = read_filter(in, p.filter);
  return p;
}

OpParams parse_resize(ObjectReader& in) {
  Resize p;
  const bool has_size = in.find("size") != nullptr, has_short_side = in.find("short_side") != nullptr;
  if (has_size && has_short_side) {
    in.errors().add("spec.bad_value", in.where(),
                    "\"size\" and \"short_side\" exclude each other; expected one of them");
  } else if (!has_size && !has_short_side && !in.misspelt("size") && !in.misspelt("short_side")) {
    in.errors().add("spec.missing_key", in.where(),
                    "\"resize\" needs \"size\": [height, width] or \"short_side\": pixels");
  }
  read_optional(in, "size", p.size, read_size);
  read_optional(in, "short_side", p.short_side, read_integer, int64_t{1}, kMaxSide);
  p.filter = read_filter(in, p.filter);
  return p;
}

OpParams parse_horizontal_flip(ObjectReader&) { return Flip{true, std::nullopt}; }

OpParams parse_vertical_flip(ObjectReader&) { return Flip{false, std::nullopt}; }

OpParams parse_random_flip(ObjectReader& in, bool horizontal) {
  Flip p{horizontal, 0.5};
  read_optional(in, "p", p.p, read_number, "a number from 0 to 1", [](double x) { return x >= 0 && x <= 1; });
  return p;
}

OpParams parse_random_horizontal_flip(ObjectReader& in) { return parse_random_flip(in, true); }

OpParams parse_random_vertical_flip(ObjectReader& in) { return parse_random_flip(in, false); }

/// mean or std given for 0..255 while the range is [0, 1] gives images of nearly one value.
void check_looks_like_bytes(ObjectReader& in, std::string_view key, const std::vector<double>& values) {
  for (const double v : values) {
    if (v <= 2) continue;
    in.errors().add(
        "spec.bad_value", in.where(key),
        std::string(key) + " " + number_text(v) +
            " with \"range\": [0, 1] looks like 0..255: divide by 255 or set \"range\": [0, 255]");
    return;
  }
}

/// normalize is one multiply-add per channel in f32; its two constants must be finite there.
void check_affine_is_finite(ObjectReader& in, const Normalize& p) {
  constexpr double kLargest = 1e30;
  for (size_t c = 0; c < p.std.size() && c < p.mean.size(); ++c) {
    if (1 / p.std[c] <= kLargest && std::abs(p.mean[c]) / p.std[c] <= kLargest) continue;
    in.errors().add("spec.bad_value", pointer_join(in.where("std"), c),
                    "expected 1 / std and mean / std of at most 1e30, found mean " + number_text(p.mean[c]) +
                        " and std " + number_text(p.std[c]));
  }
}

std::optional<int> read_range(const json::Value& v, const std::string& where, Reporter& errors) {
  constexpr std::string_view kExpected = "[0, 1] or [0, 255]";
  if (v.kind != json::Kind::list) {
    errors.add("spec.wrong_type", where, "expected " + std::string(kExpected) + ", found " + describe(v));
    return std::nullopt;
  }
  auto is = [&](size_t i, double x) {
    const json::Value& item = v.items[i];
    return (item.kind == json::Kind::integer || item.kind == json::Kind::real) && item.real == x;
  };
  if (v.items.size() == 2 && is(0, 0) && is(1, 1)) return 1;
  if (v.items.size() == 2 && is(0, 0) && is(1, 255)) return 255;
  errors.add("spec.bad_value", where, "expected " + std::string(kExpected) + ", found " + describe(v));
  return std::nullopt;
}

OpParams parse_normalize(ObjectReader& in) {
  Normalize p;
  constexpr std::string_view kList = "a list of 3 numbers, one for each of R, G, B";
  read_required(in, "mean", kList, p.mean, read_channels, "a number", [](double) { return true; });
  read_required(in, "std", kList, p.std, read_channels, "a number above 0", [](double x) { return x > 0; });
  const size_t errors_before = in.errors().count();
  read_optional(in, "range", p.range, read_range);
  const bool range_valid = in.errors().count() == errors_before;
  if (p.range == 1 && range_valid) {
    check_looks_like_bytes(in, "mean", p.mean);
    check_looks_like_bytes(in, "std", p.std);
  }
  check_affine_is_finite(in, p);
  return p;
}

OpParams parse_convert(ObjectReader& in) {
  Convert p;
  std::array<std::string_view, kDTypes.size()> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = dtype_name(kDTypes[i]);
  size_t index = 0;
  read_required(in, "dtype", name_list(names), index, read_choice, Names(names));
  p.dtype = kDTypes[index];
  // Far inside what f32 holds, so that neither the factor nor 255 times it is zero or infinite there.
  read_optional(in, "scale", p.scale, read_number, "a number from 1e-30 to 1e30",
                [](double x) { return x >= 1e-30 && x <= 1e30; });
  return p;
}

OpParams parse_layout(ObjectReader& in) {
  std::array<std::string_view, kLayouts.size()> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = layout_name(kLayouts[i]);
  size_t index = 0;
  read_required(in, "layout", name_list(names), index, read_choice, Names(names));
  return SetLayout{kLayouts[index]};
}

OpParams parse_one_hot(ObjectReader& in) {
  OneHot p;
  if (const json::Value* v = in.find("classes")) {
    p.classes = read_integer(*v, in.where("classes"), 1, kMaxClasses, in.errors());
  }
  return p;
}

OpParams parse_label_smoothing(ObjectReader& in) {
  LabelSmoothing p;
  read_required(in, "epsilon", "a number from 0 to 1", p.epsilon, read_number, "a number from 0 to 1",
                [](double x) { return x >= 0 && x <= 1; });
  return p;
}

struct OpEntry {
  std::string_view name;
  std::array<std::string_view, 6> keys;  ///< "op" first; unused places are empty
  OpParams (*parse)(ObjectReader&);

  Names key_names() const {
    const auto end = std::find(keys.begin(), keys.end(), std::string_view());
    return Names(keys.begin(), end);
  }
};

constexpr std::array kOps = {
    OpEntry{"decode", {"op", "field", "idct_scale"}, parse_decode},
    OpEntry{"field", {"op", "field", "length"}, parse_field},
    OpEntry{"crop", {"op", "top", "left", "size"}, parse_crop},
    OpEntry{"center_crop", {"op", "size"}, parse_center_crop},
    OpEntry{"random_crop", {"op", "size"}, parse_random_crop},
    OpEntry{"random_resized_crop",
            {"op", "size", "scale", "ratio", "filter", "antialias"},
            parse_random_resized_crop},
    OpEntry{"resize", {"op", "size", "short_side", "filter", "antialias"}, parse_resize},
    OpEntry{"horizontal_flip", {"op"}, parse_horizontal_flip},
    OpEntry{"vertical_flip", {"op"}, parse_vertical_flip},
    OpEntry{"random_horizontal_flip", {"op", "p"}, parse_random_horizontal_flip},
    OpEntry{"random_vertical_flip", {"op", "p"}, parse_random_vertical_flip},
    OpEntry{"normalize", {"op", "mean", "std", "range"}, parse_normalize},
    OpEntry{"convert", {"op", "dtype", "scale"}, parse_convert},
    OpEntry{"map", {"op", "expr", "dtype"}, parse_map},
    OpEntry{"call", {"op", "symbol", "library", "per", "in", "out"}, parse_call},
    OpEntry{"layout", {"op", "layout"}, parse_layout},
    OpEntry{"one_hot", {"op", "classes"}, parse_one_hot},
    OpEntry{"label_smoothing", {"op", "epsilon"}, parse_label_smoothing},
};

constexpr auto kOpNames = [] {
  std::array<std::string_view, kOps.size()> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kOps[i].name;
  return names;
}();

constexpr std::array<std::string_view, 4> kRandomOpNames = {"random_resized_crop", "random_crop",
                                                            "random_horizontal_flip", "random_vertical_flip"};

/// Without the op's name its other keys cannot be judged.
void report_missing_op(const json::Value& element, const std::string& where, Reporter& errors) {
  constexpr std::array<std::string_view, 2> kKeys = {"op", "use"};
  for (const json::Member& m : element.members) {
    if (!nearest(m.key, kKeys)) continue;
    errors.add("spec.unknown_key", pointer_join(where, m.key),
               "unknown key " + quote(m.key) + hint(m.key, kKeys));
    return;
  }
  errors.add("spec.missing_key", where, "missing key \"op\"; expected the name of an op");
}

}  // namespace

std::span<const std::string_view> op_names() { return kOpNames; }

std::span<const std::string_view> random_op_names() { return kRandomOpNames; }

ParsedOp parse_op(const json::Value& element, const std::string& where, Reporter& errors) {
  ParsedOp out;
  out.op.pointer = out.op.rng_id = where;
  const size_t errors_before = errors.count();

  const json::Value* name = element.find("op");
  if (name == nullptr) {
    report_missing_op(element, where, errors);
    return out;
  }
  const auto text = read_string(*name, pointer_join(where, "op"), "the name of an op", errors);
  if (!text) return out;
  const auto entry =
      std::find_if(kOps.begin(), kOps.end(), [&](const OpEntry& e) { return e.name == *text; });
  if (entry == kOps.end()) {
    const auto of_batches = batch_op_names();
    const bool mixes = std::find(of_batches.begin(), of_batches.end(), *text) != of_batches.end();
    errors.add("spec.unknown_op", pointer_join(where, "op"),
               mixes ? quote(*text) + " works on batches; put it into \"batch\", beside \"outputs\""
                     : "unknown op " + quote(*text) + hint(*text, op_names()));
    return out;
  }

  ObjectReader in(element, where, quote(entry->name), entry->key_names(), errors);
  out.op.name = *text;
  out.op.params = entry->parse(in);
  out.known = true;
  out.valid = errors.count() == errors_before;
  return out;
}

}  // namespace headrace::spec
