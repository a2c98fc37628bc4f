#include "runtime/loader/selection_samples.h"

#include <string>
#include <vector>

#include "runtime/loader/selection_filter.h"

namespace headrace {
namespace {

Status check_subset(const Dataset& dataset, const std::vector<uint64_t>& subset) {
  std::vector<bool> seen(dataset.size());
  for (size_t i = 0; i < subset.size(); ++i) {
    const std::string entry =
        "entry " + std::to_string(i) + " of the subset is sample " + std::to_string(subset[i]);
    if (subset[i] >= dataset.size()) {
      return {"loader.selection", dataset.path(),
              entry + ", but the dataset has only " + std::to_string(dataset.size())};
    }
    if (seen[subset[i]]) return {"loader.selection", dataset.path(), entry + ", which it names before"};
    seen[subset[i]] = true;
  }
  return {};
}

}  // namespace

Expected<std::optional<SampleList>> select_samples(const Dataset& dataset, const Selection& selection,
                                                   bool keep_order) {
  const bool subset = !selection.subset.empty();
  if (!subset && selection.filter.empty()) return std::optional<SampleList>();
  std::optional<SampleFilter> filter;
  if (!selection.filter.empty()) {
    HR_ASSIGN_OR_RETURN(filter, SampleFilter::parse(selection.filter, dataset.schema(), dataset.path()));
  }
  if (subset) HR_RETURN_IF_ERROR(check_subset(dataset, selection.subset));

  SampleList list(dataset.size());
  std::vector<hr_field> fields(dataset.schema().fields.size());
  const uint64_t candidates = subset ? selection.subset.size() : dataset.size();
  bool ascending = true;
  for (uint64_t i = 0; i < candidates; ++i) {
    const uint64_t sample = subset ? selection.subset[i] : i;
    if (filter) {
      HR_RETURN_IF_ERROR(dataset.metadata(sample, fields));
      if (!filter->accepts(fields)) continue;
    }
    ascending = ascending && (list.size() == 0 || list[list.size() - 1] < sample);
    list.push_back(sample);
  }
  if (!ascending && !keep_order) {
    list.sort();
    ascending = true;
  }
  if (ascending && list.size() == dataset.size()) return std::optional<SampleList>();
  list.shrink();
  return std::optional<SampleList>(std::move(list));
}

}  // namespace headrace
