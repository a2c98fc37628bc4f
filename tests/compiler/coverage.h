// Counts how often each (op, dtype, filter) was compared on each engine, and whether that is often enough.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace headrace::testing {

/// What one image output of a spec consists of, for coverage counts.
struct OutputContent {
  std::string dtype;                 ///< of the output
  std::vector<std::string> filters;  ///< of its resizes; {"none"} if it has none
  std::vector<std::string> ops;      ///< as in coverage_ops(), each once
};

/// Ops as counted: decodes with "idct_scale", resizes by "size" and by "short_side" apart, "convert" with and
/// without scale, and each layout.
const std::vector<std::string>& coverage_ops();
const std::vector<std::string>& coverage_dtypes();
const std::vector<std::string>& coverage_filters();

/// Whether an op of the list above resizes.
bool is_resampling(const std::string& op);

/// Whether some valid output has this op, dtype and filter.
bool coverage_possible(const std::string& op, const std::string& dtype, const std::string& filter);

class Coverage {
 public:
  /// A comparison of outputs of this content on an engine, which ran without error.
  void add(const OutputContent& content, const std::string& engine);

  /// A line per op: for each engine the smallest count over dtypes, and the total, of each filter.
  std::string histogram(const std::vector<std::string>& engines) const;

  /// The possible cells that were compared fewer than `least` times, a line each; "" if there are none.
  std::string shortfall(const std::vector<std::string>& engines, int least) const;

  size_t cells() const { return counts_.size(); }
  int total() const { return total_; }

 private:
  int count(const std::string& op, const std::string& dtype, const std::string& filter,
            const std::string& engine) const;

  std::map<std::tuple<std::string, std::string, std::string, std::string>, int> counts_;
  int total_ = 0;
};

}  // namespace headrace::testing
