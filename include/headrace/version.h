// What this release's results can be compared with; docs/compatibility.md says what may change when.
#pragma once

#include <cstdint>

namespace headrace {

/// Counts up whenever the bytes that some pipeline puts out change: with `"numerics": "exact"` only in a
/// major release, with "fast" in any release, named in the changelog. Saved states and digests carry it.
inline constexpr uint32_t kNumericsVersion = 1;

}  // namespace headrace
