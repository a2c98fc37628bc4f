// The samples that a Selection leaves.
#pragma once

#include <optional>

#include "headrace/dataset.h"
#include "headrace/selection.h"
#include "headrace/status.h"
#include "runtime/loader/selection_list.h"

namespace headrace {

/// The subset's samples that pass the filter; nothing if these are all samples of the dataset. Ascending, or
/// in the subset's own order if `keep_order`. Reads all candidates' metadata if there is a filter. Errors:
/// "loader.selection", the dataset's own.
Expected<std::optional<SampleList>> select_samples(const Dataset& dataset, const Selection& selection,
                                                   bool keep_order);

}  // namespace headrace
