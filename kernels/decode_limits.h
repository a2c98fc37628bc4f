// What decoding refuses when nobody says otherwise.
#pragma once

#include "kernels/decoder.h"

namespace headrace {

inline constexpr hr_decode_limits kDefaultDecodeLimits = {.max_pixels = 100'000'000, .max_scans = 500};

}  // namespace headrace
