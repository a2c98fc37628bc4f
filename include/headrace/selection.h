// Which samples of a dataset an epoch is made of, and how often each comes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace headrace {

/// Everything empty: every sample once.
struct Selection {
  /// Only the samples for which this holds: comparisons of scalar fields, joined by "&&":
  /// `label == 3 && width >= 64`. docs/loader.md has the grammar.
  std::string filter;

  /// Only these samples, by number, ascending or not, each at most once; applied before the filter.
  std::vector<uint64_t> subset;

  /// Sampling with replacement: each draw takes a sample with a probability in proportion to its weight. At
  /// most one of the three.
  std::vector<double> weights;  ///< one per sample of the dataset
  std::string weight_field;     ///< an f64 or i64 field that holds the weights
  std::string balance_field;    ///< an i64 field: each of its values is as likely as any other

  /// Draws per epoch with weights; 0: as many as samples are selected.
  uint64_t draws = 0;
};

}  // namespace headrace
