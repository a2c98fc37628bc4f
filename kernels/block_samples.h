// Rows of blocks as coefficient_rows.h describes them to rows of samples.
#pragma once

#include <cstddef>
#include <cstdint>

#include "headrace/planes.h"
#include "kernels/coefficient_rows.h"

namespace headrace {

/// Blocks [first, first + count) of a row to `side` rows of side x count samples at out, out + stride, ...:
/// dequantised (products wrap to 16 bits) and transformed by idct_islow() (side 8) or idct_reduced() (4, 2,
/// 1). `values` and `quant` as in hr_coefficient_rows.
void block_samples(const hr_block_row& row, const int16_t* values, const int16_t* quant, int64_t first,
                   int64_t count, int side, uint8_t* out, ptrdiff_t stride);

/// Units of coefficient rows that a rectangle's pixels are made from, with their chroma's upsampling: of
/// those that hold its rows and, where chroma is subsampled vertically, the rows next to it. A unit is
/// `unit_rows` rows of pixels of an image that has `height` of them.
struct UnitRange {
  int64_t first, last;
};
constexpr UnitRange units_of_rows(const PlaneLayout& layout, int64_t unit_rows, int64_t height, int64_t top,
                                  int64_t rows) {
  const int64_t margin = layout.v_max == 2 ? 1 : 0;
  const int64_t begin = top - margin < 0 ? 0 : top - margin;
  const int64_t last = top + rows - 1 + margin < height ? top + rows - 1 + margin : height - 1;
  return {begin / unit_rows, last / unit_rows};
}

}  // namespace headrace
