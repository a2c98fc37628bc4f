// Where in the file the bytes of a sample lie.
#pragma once

#include <cstdint>

#include "runtime/dataset/index.h"

namespace headrace {

/// Half-open range of the file.
struct Extent {
  uint64_t begin = 0, end = 0;

  uint64_t bytes() const { return end - begin; }
  bool empty() const { return begin >= end; }
};

/// What has to be read for a sample: all its payloads in pages and the readable bytes behind them, from and
/// to multiples of format::kBlock, within its page. Empty if it has none.
Extent sample_extent(const DatasetIndex& index, uint64_t sample);

Extent page_extent(const DatasetIndex& index, uint64_t page);

}  // namespace headrace
