// Which memory a producer of coefficient rows hands out, for the loop interpreter's checks.
#pragma once

#include <string_view>

#include "ir/loop_interp.h"

namespace headrace {

/// For the functions of kernels/coefficient_rows.h; null for others.
loop::RegionsFn coefficient_regions_of(std::string_view symbol);

}  // namespace headrace
