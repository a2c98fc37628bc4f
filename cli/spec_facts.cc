#include "cli/spec_facts.h"

#include <array>
#include <nlohmann/json.hpp>

namespace headrace::cli {
namespace {

using Json = nlohmann::json;

Json ops_of(std::string_view spec_json, std::string_view output) {
  // Specs have no comments and no duplicate keys; a text that does not parse has no ops.
  const Json spec = Json::parse(spec_json, nullptr, false);
  const std::string name(output);
  if (!spec.is_object() || !spec.contains("outputs") || !spec["outputs"].is_object()) return Json::array();
  return spec["outputs"].value(name, Json::array());
}

std::string op_name(const Json& op) { return op.is_object() ? op.value("op", std::string()) : std::string(); }

/// value = pixel * gain + offset, per channel.
struct Affine {
  std::array<double, 3> gain = {1, 1, 1}, offset = {0, 0, 0};
  bool converted = false;  ///< to a float type before `normalize`

  void convert(const Json& op) {
    const double scale = op.value("scale", 1.0);
    for (size_t c = 0; c < 3; ++c) {
      gain[c] *= scale;
      offset[c] *= scale;
    }
    converted = true;
  }

  void normalize(const Json& op) {
    const auto mean = op.value("mean", std::vector<double>(3, 0.0));
    const auto deviation = op.value("std", std::vector<double>(3, 1.0));
    const auto range = op.value("range", std::vector<double>{0, 1});
    if (mean.size() != 3 || deviation.size() != 3 || range.size() != 2) return;
    const double unit = converted ? 1 : range[1] / 255;
    for (size_t c = 0; c < 3; ++c) {
      gain[c] = gain[c] * unit / deviation[c];
      offset[c] = (offset[c] * unit - mean[c]) / deviation[c];
    }
  }
};

}  // namespace

PixelScale pixel_scale(std::string_view spec_json, std::string_view output) {
  Affine forward;
  for (const Json& op : ops_of(spec_json, output)) {
    if (op_name(op) == "convert") forward.convert(op);
    if (op_name(op) == "normalize") forward.normalize(op);
  }
  PixelScale back;
  for (size_t c = 0; c < 3; ++c) {
    back.gain[c] = 1 / forward.gain[c];
    back.offset[c] = -forward.offset[c] / forward.gain[c];
  }
  return back;
}

std::optional<std::string> source_field(std::string_view spec_json, std::string_view output) {
  const Json ops = ops_of(spec_json, output);
  if (ops.empty() || op_name(ops.front()) != "field") return std::nullopt;
  return ops.front().value("field", std::string());
}

}  // namespace headrace::cli
