// The keys "filter" and "antialias", which together make a Filter.
#pragma once

#include <string_view>

#include "compiler/spec.h"
#include "compiler/spec/object_reader.h"

namespace headrace::spec {

/// The filter of an op that resamples; null for the others.
Filter* filter_of(OpParams& params);
const Filter* filter_of(const OpParams& params);

/// Names of "filter", and whether `filter` is "bilinear" with or without antialiasing.
std::string_view filter_name(Filter filter);
bool is_bilinear(Filter filter);

/// Reads the keys "filter" and "antialias"; what is not given stays as in `base`.
Filter read_filter(ObjectReader& in, Filter base);

}  // namespace headrace::spec
