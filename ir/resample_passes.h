// Both passes of separable resampling by tables that are given: horizontal over every row, then vertical.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/resample_table.h"

namespace headrace::resample {

/// Tables of both axes, and whether each sums q14 products in 32 bits.
struct Axes {
  Table horizontal, vertical;
  bool wide_h = false, wide_v = false;
};

/// Source indices [first, end) of an axis that its table may read: from the least start to the largest start plus the
/// taps, of which there are at least two, within [0, size).
struct Needed {
  int64_t first = 0, end = 0;
};
Needed needed(const Table& table, int64_t size);

/// Samples [height][width][channels], 0 to 255, resampled to [entries of vertical][entries of
/// horizontal][channels]: u8 (pillow8) or q6 (q14).
std::vector<int16_t> resample_passes(const std::vector<int16_t>& in, int64_t height, int64_t width,
                                     int64_t channels, const Axes& axes, Arith arith);

}  // namespace headrace::resample
