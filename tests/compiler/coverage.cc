#include "tests/compiler/coverage.h"

#include <algorithm>
#include <climits>
#include <cstdio>

namespace headrace::testing {

bool is_resampling(const std::string& op) {
  return op == "random_resized_crop" || op == "resize" || op == "resize_short_side";
}

const std::vector<std::string>& coverage_ops() {
  static const std::vector<std::string> ops = {"idct_scale",
                                               "crop",
                                               "center_crop",
                                               "random_crop",
                                               "random_resized_crop",
                                               "resize",
                                               "resize_short_side",
                                               "horizontal_flip",
                                               "vertical_flip",
                                               "random_horizontal_flip",
                                               "random_vertical_flip",
                                               "normalize",
                                               "convert",
                                               "convert_scale",
                                               "map",
                                               "call",
                                               "layout_NHWC",
                                               "layout_NCHW",
                                               "layout_channels_last"};
  return ops;
}
const std::vector<std::string>& coverage_dtypes() {
  static const std::vector<std::string> dtypes = {"u8", "f16", "bf16", "f32"};
  return dtypes;
}
const std::vector<std::string>& coverage_filters() {
  static const std::vector<std::string> filters = {"none", "bilinear", "bilinear_point", "area", "nearest"};
  return filters;
}

bool coverage_possible(const std::string& op, const std::string& dtype, const std::string& filter) {
  if (filter == "none" && is_resampling(op)) return false;
  if (op == "idct_scale") return filter == "bilinear" || filter == "area";
  return !(op == "normalize" && dtype == "u8");  // normalized values cannot become u8
}

void Coverage::add(const OutputContent& content, const std::string& engine) {
  ++total_;
  for (const std::string& op : content.ops) {
    for (const std::string& filter : content.filters) ++counts_[{op, content.dtype, filter, engine}];
  }
}

int Coverage::count(const std::string& op, const std::string& dtype, const std::string& filter,
                    const std::string& engine) const {
  const auto it = counts_.find({op, dtype, filter, engine});
  return it == counts_.end() ? 0 : it->second;
}

std::string Coverage::histogram(const std::vector<std::string>& engines) const {
  std::string text = "comparisons by op and filter: the least of the dtypes and engines / all\n";
  char line[64];
  std::snprintf(line, sizeof line, "%-24s", "");
  text += line;
  for (const std::string& filter : coverage_filters()) {
    std::snprintf(line, sizeof line, "%16s", filter.c_str());
    text += line;
  }
  for (const std::string& op : coverage_ops()) {
    std::snprintf(line, sizeof line, "\n%-24s", op.c_str());
    text += line;
    for (const std::string& filter : coverage_filters()) {
      int least = INT_MAX, sum = 0;
      for (const std::string& dtype : coverage_dtypes()) {
        if (!coverage_possible(op, dtype, filter)) continue;
        for (const std::string& engine : engines) {
          const int n = count(op, dtype, filter, engine);
          least = std::min(least, n);
          sum += n;
        }
      }
      if (least == INT_MAX) {
        std::snprintf(line, sizeof line, "%16s", "-");
      } else {
        std::snprintf(line, sizeof line, "%7d / %6d", least, sum);
      }
      text += line;
    }
  }
  return text + "\n";
}

std::string Coverage::shortfall(const std::vector<std::string>& engines, int least) const {
  std::string text;
  for (const std::string& engine : engines) {
    for (const std::string& op : coverage_ops()) {
      for (const std::string& dtype : coverage_dtypes()) {
        for (const std::string& filter : coverage_filters()) {
          const int n = count(op, dtype, filter, engine);
          if (n >= least || !coverage_possible(op, dtype, filter)) continue;
          text += op + " x " + dtype + " x " + filter + " x " + engine + ": " + std::to_string(n) + "\n";
        }
      }
    }
  }
  return text;
}

}  // namespace headrace::testing
