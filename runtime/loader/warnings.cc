#include <algorithm>
#include <vector>

#include "headrace/loader.h"

namespace headrace {
namespace {

// As many samples are looked at, evenly spaced: enough to tell sorted from shuffled labels in no time.
constexpr uint64_t kMaxLookedAt = uint64_t{1} << 20;

/// Whether the i64 field "label" never falls from one sample to the next, and takes more than one value.
bool sorted_by_label(const Dataset& dataset) {
  const std::optional<size_t> label = dataset.field_index("label");
  const Schema& schema = dataset.schema();
  if (!label || schema.fields[*label].kind != FieldKind::i64) return false;
  const uint64_t n = dataset.size();
  const uint64_t step = std::max<uint64_t>(1, n / kMaxLookedAt);
  std::vector<hr_field> fields(schema.fields.size());
  int64_t first = 0;
  int64_t last = 0;
  for (uint64_t s = 0; s < n; s += step) {
    if (!dataset.metadata(s, fields).ok()) return false;
    const int64_t value = fields[*label].value;
    if (s == 0) first = last = value;
    if (value < last) return false;
    last = value;
  }
  return first < last;
}

}  // namespace

std::vector<std::string> loader_warnings(const Dataset& dataset, const LoaderOptions& options) {
  std::vector<std::string> warnings;
  if (options.order == Order::sequential && sorted_by_label(dataset)) {
    warnings.push_back(
        dataset.path() +
        ": the samples are sorted by label and the order is sequential, so a batch holds one class "
        "or a few; for training, use the order random or write the dataset shuffled");
  }
  return warnings;
}

}  // namespace headrace
