#include "tests/compiler/random_spec.h"

#include <algorithm>
#include <map>
#include <set>

#include "tests/compiler/random_calls.h"
#include "tests/compiler/random_expr.h"
#include "tests/compiler/random_mixing.h"
#include "tests/compiler/random_stream.h"

namespace headrace::testing {
namespace {

constexpr int64_t kSides[] = {1, 2, 3, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 48, 64, 65, 70};
// Outputs of 64 KiB and more, in rows of whole cache lines, are stored past the caches.
constexpr int64_t kLargeSides[] = {96, 128, 160, 192};
constexpr const char* kLayouts[] = {"NHWC", "NCHW", "channels_last"};

bool is_crop(const std::string& op) { return op == "crop" || op == "center_crop" || op == "random_crop"; }

std::string number(int64_t v) { return std::to_string(v); }
std::string size_text(int64_t h, int64_t w) { return "[" + number(h) + ", " + number(w) + "]"; }

std::string filter_keys(const std::string& filter) {
  if (filter == "bilinear_point") return R"(, "filter": "bilinear", "antialias": false)";
  if (filter == "bilinear") return R"(, "filter": "bilinear", "antialias": true)";
  return ", \"filter\": \"" + filter + "\"";
}

/// Writes one spec, an op at a time, keeping what is known of the image's size.
class Writer {
 public:
  Writer(uint64_t seed, uint64_t first_output, Numerics numerics)
      : random_(2 * seed + (numerics == Numerics::fast), first_output),
        map_random_(2 * seed + (numerics == Numerics::fast), first_output + kMapStream),
        call_random_(2 * seed + (numerics == Numerics::fast), first_output + kCallStream),
        first_(first_output),
        numerics_(numerics) {}

  RandomSpec run(int image_outputs) {
    std::vector<std::string> outputs;
    for (int i = 0; i < image_outputs; ++i) {
      outputs.push_back("\"image" + number(i) + "\": [" + image_output(first_ + uint64_t(i)) + "]");
      mixable_.push_back({"image" + number(i), height_, width_});
    }
    scalar_outputs(outputs);
    for (int64_t i = random_.below(3); i > 0; --i) {
      outputs.push_back("\"class" + number(i) + "\": [" + random_vector(random_) + "]");
      mixable_.push_back({"class" + number(i)});
    }
    random_.shuffle(outputs);
    spec_.json = "{\"headrace\": 1, \"numerics\": \"" + std::string(numerics_name(numerics_)) + "\",";
    if (!shared_.empty()) {
      std::string list;
      for (const auto& [op, text] : shared_)
        list += (list.empty() ? "" : ", ") + ("\"s_" + op + "\": " + text);
      spec_.json += "\n \"shared\": {" + list + "},";
    }
    spec_.json += "\n \"outputs\": {";
    for (size_t i = 0; i < outputs.size(); ++i) spec_.json += (i ? ",\n  " : "\n  ") + outputs[i];
    spec_.json += "}";
    spec_.mixes = random_.percent(50);
    if (spec_.mixes) spec_.json += ",\n " + random_batch(random_, mixable_);
    spec_.json += "}\n";
    return spec_;
  }

 private:
  void scalar_outputs(std::vector<std::string>& outputs) {
    if (random_.percent(50)) {
      static constexpr const char* kConverts[] = {"", R"(, {"op": "convert", "dtype": "i64"})",
                                                  R"(, {"op": "convert", "dtype": "f32"})"};
      outputs.push_back(R"("label": [{"op": "field", "field": "label"})" +
                        std::string(random_.pick(kConverts)) + "]");
    }
    if (random_.percent(30)) {
      outputs.push_back(R"("score": [{"op": "field", "field": "score"}, {"op": "convert", "dtype": "f32"}])");
    }
    if (random_.percent(30)) {
      outputs.push_back(R"("key": [{"op": "field", "field": "key", "length": )" +
                        number(random_.between(20, 70)) + "}]");
    }
  }

  // Output number n of the cycle: its dtype, its filter and a third of the ops are given, the rest is random.
  std::string image_output(uint64_t n) {
    const std::string dtype = coverage_dtypes()[n % 4];
    filter_ = coverage_filters()[n / 4 % 5];
    const int third = int(n / 20 % 3);
    static const std::vector<std::string> kWanted[3] = {
        {"random_resized_crop", "crop", "horizontal_flip", "random_vertical_flip"},
        {"resize", "random_crop", "vertical_flip"},
        {"resize_short_side", "center_crop", "random_horizontal_flip"}};
    std::vector<std::string> geometry = kWanted[third];
    static const std::vector<std::string> kAll = {"random_resized_crop",
                                                  "crop",
                                                  "horizontal_flip",
                                                  "random_vertical_flip",
                                                  "resize",
                                                  "random_crop",
                                                  "vertical_flip",
                                                  "resize_short_side",
                                                  "center_crop",
                                                  "random_horizontal_flip"};
    for (int64_t extra = random_.below(4); extra > 0; --extra) geometry.push_back(random_.pick(kAll));
    if (filter_ == "none") std::erase_if(geometry, is_resampling);
    random_.shuffle(geometry);

    content_ = {dtype, {}, {}};
    known_ = false;
    height_ = spec_.need_height;  // earlier outputs need that much already
    width_ = spec_.need_width;
    first_size_ = true;
    large_ = random_.percent(15);
    ops_ = std::string(R"({"op": "decode", "field": ")") + (random_.percent(80) ? "image" : "mask") + "\"";
    // The first resize has the output's filter.
    const bool averages = filter_ == "bilinear" || filter_ == "area";
    scaled_ = averages && std::any_of(geometry.begin(), geometry.end(), is_resampling) &&
              (third == 1 || random_.percent(40));
    if (scaled_) {
      count("idct_scale");
      ops_ += R"(, "idct_scale": "auto")";
    }
    ops_ += "}";

    // Arithmetic may stand anywhere after the last resize; crops and flips may follow it.
    std::vector<std::string> arithmetic = arithmetic_ops(dtype, third);
    add_maps(arithmetic, third);
    size_t earliest = 0;
    for (size_t i = 0; i < geometry.size(); ++i) {
      if (is_resampling(geometry[i])) earliest = i + 1;
    }
    std::vector<size_t> places;
    for (size_t k = 0; k < arithmetic.size(); ++k) {
      places.push_back(random_.percent(60)
                           ? geometry.size()
                           : size_t(random_.between(int64_t(earliest), int64_t(geometry.size()))));
    }
    std::sort(places.begin(), places.end());
    const bool calls = calls_functions(n);
    if (calls) {
      count("call");
      add_random_calls(call_random_, arithmetic, places, earliest, geometry.size());
    }
    size_t done = 0;
    for (size_t i = 0; i <= geometry.size(); ++i) {
      // A function may have u8 pixels before a resize, but for those that are decoded at a scale.
      const bool has_pixels = !scaled_ || !content_.filters.empty();
      if (i < earliest && calls && has_pixels && call_random_.percent(20))
        append(random_call(call_random_, "u8", "u8"));
      for (; done < places.size() && places[done] == i; ++done) append(arithmetic[done]);
      if (i < geometry.size()) geometry_op(geometry[i]);
      // A map of u8 pixels may also stand before a resize.
      if (i + 1 < earliest && !scaled_ && map_random_.percent(15)) append(random_map(map_random_, "u8"));
    }
    if (!known_) geometry_op(random_.percent(50) ? "center_crop" : "random_crop");
    count(std::string("layout_") + kLayouts[third]);
    if (third != 0 || random_.percent(50))
      append(std::string(R"({"op": "layout", "layout": ")") + kLayouts[third] + "\"}");
    if (content_.filters.empty()) content_.filters.push_back("none");
    spec_.images.push_back(content_);
    return ops_;
  }

  void append(const std::string& op) { ops_ += ", " + op; }
  void count(const std::string& op) {
    if (std::find(content_.ops.begin(), content_.ops.end(), op) == content_.ops.end())
      content_.ops.push_back(op);
  }

  int64_t side() {
    // Most images are no larger than this, and would not be decoded at less than their size otherwise.
    if (scaled_ && content_.filters.empty() && random_.percent(80)) return random_.between(1, 9);
    return large_ ? random_.pick(kLargeSides) : random_.pick(kSides);
  }
  int64_t side_up_to(int64_t limit) {
    if (large_ && limit >= kLargeSides[0] && random_.percent(70)) return limit;
    const auto end = std::upper_bound(std::begin(kSides), std::end(kSides), limit);
    return kSides[random_.below(end - std::begin(kSides))];
  }

  void geometry_op(const std::string& op) {
    count(op);
    if (op == "resize_short_side") {
      const int64_t side = scaled_ ? this->side() : random_.pick(kSides);
      spec_.longest_short_side = std::max(spec_.longest_short_side, side);
      append(R"({"op": "resize", "short_side": )" + number(side) + filter_keys(next_filter()) + "}");
      set(side, side, false);
    } else if (op == "resize") {
      const int64_t h = side(), w = side();
      append(R"({"op": "resize", "size": )" + size_text(h, w) + filter_keys(next_filter()) + "}");
      set(h, w, true);
    } else if (op == "random_resized_crop") {
      resized_crop();
    } else if (is_crop(op)) {
      crop(op);
    } else {
      flip(op);
    }
  }

  void set(int64_t h, int64_t w, bool known) {
    height_ = h;
    width_ = w;
    known_ = known;
    first_size_ = false;
  }

  // The first resize has the filter that this output is to cover.
  std::string next_filter() {
    static constexpr const char* kFilters[] = {"bilinear", "bilinear_point", "area", "nearest"};
    const std::string filter =
        content_.filters.empty() || random_.percent(50) ? filter_ : random_.pick(kFilters);
    if (std::find(content_.filters.begin(), content_.filters.end(), filter) == content_.filters.end()) {
      content_.filters.push_back(filter);
    }
    return filter;
  }

  void resized_crop() {
    static constexpr const char* kScales[] = {"", R"(, "scale": [0.01, 0.2])", R"(, "scale": [1, 1])",
                                              R"(, "scale": [0.5, 1])"};
    static constexpr const char* kRatios[] = {"", R"(, "ratio": [1, 1])", R"(, "ratio": [0.1, 10])",
                                              R"(, "ratio": [3, 4])"};
    const int64_t h = side(), w = side();
    const std::string text = R"({"op": "random_resized_crop", "size": )" + size_text(h, w) +
                             random_.pick(kScales) + random_.pick(kRatios);
    const std::string filter = next_filter();
    const auto shared = shared_size_.find("random_resized_crop");
    if (shared != shared_size_.end() && random_.percent(60)) {
      append("{\"use\": \"s_random_resized_crop\"" + filter_keys(filter) + "}");
      return set(shared->second.first, shared->second.second, true);
    }
    if (shared == shared_size_.end() && random_.percent(40)) {
      shared_["random_resized_crop"] = text + filter_keys(random_.percent(50) ? filter : "nearest") + "}";
      shared_size_["random_resized_crop"] = {h, w};
      append("{\"use\": \"s_random_resized_crop\"" + filter_keys(filter) + "}");
    } else {
      append(text + filter_keys(filter) + "}");
    }
    set(h, w, true);
  }

  // A crop that fits: into what is known, into a short side, or into images of the size that is asked for.
  void crop(const std::string& op) {
    int64_t room_h = height_, room_w = width_;
    if (first_size_ && !known_) {
      room_h = std::max<int64_t>(room_h, random_.pick(kSides) / 2 + 1);
      room_w = std::max<int64_t>(room_w, random_.pick(kSides) / 2 + 1);
    }
    int64_t h = side_up_to(room_h), w = side_up_to(room_w);
    std::string use;
    const auto shared = shared_size_.find(op);
    if (shared != shared_size_.end() && shared->second.first <= room_h && shared->second.second <= room_w) {
      h = shared->second.first;
      w = shared->second.second;
      use = "s_" + op;
    }
    int64_t top = 0, left = 0;
    if (op == "crop") {
      top = random_.below(room_h - h + 1);
      left = random_.below(room_w - w + 1);
    }
    if (first_size_ && !known_) {
      spec_.need_height = std::max(spec_.need_height, top + h);
      spec_.need_width = std::max(spec_.need_width, left + w);
    }
    const std::string place = op == "crop" ? ", \"top\": " + number(top) + ", \"left\": " + number(left) : "";
    const std::string text = "{\"op\": \"" + op + "\"" + place + ", \"size\": " + size_text(h, w) + "}";
    if (use.empty() && op == "random_crop" && shared == shared_size_.end() && random_.percent(40)) {
      shared_[op] = text;
      shared_size_[op] = {h, w};
      use = "s_" + op;
    }
    append(use.empty() ? text : "{\"use\": \"" + use + "\"}");
    set(h, w, true);
  }

  void flip(const std::string& op) {
    static constexpr const char* kChances[] = {"", R"(, "p": 0.3)", R"(, "p": 0)", R"(, "p": 1)", ""};
    const bool drawn = op.starts_with("random");
    if (drawn && random_.percent(40)) {
      if (!shared_.count(op)) shared_[op] = "{\"op\": \"" + op + "\"" + random_.pick(kChances) + "}";
      return append("{\"use\": \"s_" + op + "\"}");
    }
    append("{\"op\": \"" + op + "\"" + (drawn ? random_.pick(kChances) : "") + "}");
  }

  // The ops between u8 pixels and the output's type. The third of the cycle says which op must be there.
  std::vector<std::string> arithmetic_ops(const std::string& dtype, int third) {
    auto convert = [&](const std::string& to) {
      count("convert");
      return "{\"op\": \"convert\", \"dtype\": \"" + to + "\"}";
    };
    auto scaled = [&](const std::string& to) {
      static constexpr const char* kFactors[] = {
          "0.00392156862745098", "1", "0.5", "0.0123", "-", "300", "1e-7"};
      std::string factor = random_.pick(kFactors);
      if (factor == "-") factor = "2.5";
      count("convert_scale");
      return "{\"op\": \"convert\", \"dtype\": \"" + to + "\", \"scale\": " + factor + "}";
    };
    static constexpr const char* kFloats[] = {"f32", "f16", "bf16"};
    if (dtype == "u8") {
      if (third == 0) return {};
      if (third == 1) return {convert("u8")};
      return {scaled(random_.pick(kFloats)), convert("u8")};
    }
    std::vector<std::string> ops;
    if (third == 2) {
      if (random_.percent(50)) return {scaled(dtype)};
      ops.push_back(scaled("f32"));
      if (random_.percent(50)) ops.push_back(normalize(true));
      if (dtype != "f32") ops.push_back(convert(dtype));
      return ops;
    }
    if (third == 1 && dtype == "f32" && random_.percent(30)) return {scaled("f16"), convert("f32")};
    ops.push_back(normalize(false));
    if (dtype != "f32" || third == 1) ops.push_back(convert(dtype));
    return ops;
  }

  // Of each type and filter one output in a cycle, and some more; which one changes from cycle to cycle.
  bool calls_functions(uint64_t n) {
    const uint64_t turn = n / kOutputCycle + (numerics_ == Numerics::exact);
    return (n % 4 + n / 4 % 5 + turn) % 3 == n / 20 % 3 || call_random_.percent(15);
  }

  // Before all of it, where pixels are u8, and behind what makes them f32.
  void add_maps(std::vector<std::string>& arithmetic, int third) {
    static constexpr const char* kFloats[] = {"", "f32"};
    for (size_t i = arithmetic.size(); i-- > 0;) {
      const bool f32 = arithmetic[i].find("\"normalize\"") != std::string::npos ||
                       arithmetic[i].find("\"dtype\": \"f32\"") != std::string::npos;
      if (!f32 || !map_random_.percent(30)) continue;
      count("map");
      arithmetic.insert(arithmetic.begin() + int64_t(i) + 1,
                        random_map(map_random_, map_random_.pick(kFloats)));
    }
    if (third != 1 && !map_random_.percent(40)) return;
    count("map");
    arithmetic.insert(arithmetic.begin(), random_map(map_random_, "u8"));
  }

  std::string normalize(bool of_f32) {
    static constexpr const char* kUnit[] = {R"("mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225])",
                                            R"("mean": [0, 0, 0], "std": [1, 1, 1], "range": [0, 1])",
                                            R"("mean": [-0.5, 1.25, 0.001], "std": [0.0007, 1.9, 0.1])"};
    static constexpr const char* kByte[] = {
        R"("mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375], "range": [0, 255])",
        R"("mean": [0, 300, -17], "std": [1, 0.01, 255], "range": [0, 255])"};
    count("normalize");
    const bool byte_range = !of_f32 && random_.percent(40);
    return std::string(R"({"op": "normalize", )") + (byte_range ? random_.pick(kByte) : random_.pick(kUnit)) +
           "}";
  }

  // Maps and calls are drawn apart, so that they make no difference to the rest.
  static constexpr uint64_t kMapStream = uint64_t{1} << 40, kCallStream = uint64_t{1} << 41;

  RandomStream random_, map_random_, call_random_;
  uint64_t first_;
  Numerics numerics_;
  RandomSpec spec_;
  std::vector<Mixable> mixable_;
  std::map<std::string, std::string> shared_;                       // by op: the shared op's text
  std::map<std::string, std::pair<int64_t, int64_t>> shared_size_;  // and its size
  OutputContent content_;                                           // of the output being written
  std::string ops_, filter_;
  bool known_ = false, first_size_ = true, large_ = false, scaled_ = false;
  int64_t height_ = 0, width_ = 0;  // exact if known_, else what is certainly there
};

}  // namespace

RandomSpec random_spec(uint64_t seed, uint64_t first_output, int image_outputs, Numerics numerics) {
  return Writer(seed, first_output, numerics).run(image_outputs);
}

const std::vector<ProgramField>& random_spec_fields() {
  static const std::vector<ProgramField> fields = {{"image", FieldKind::image}, {"mask", FieldKind::image},
                                                   {"label", FieldKind::i64},   {"class", FieldKind::i64},
                                                   {"score", FieldKind::f64},   {"key", FieldKind::bytes}};
  return fields;
}

}  // namespace headrace::testing
