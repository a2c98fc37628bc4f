// All blocks of a packed image, one by one.
#pragma once

#include <bit>
#include <cstdint>

#include "kernels/coefficient_rows.h"
#include "kernels/jpeg_coefficients.h"
#include "kernels/packed/image_decoder.h"

namespace headrace::packed {

/// Block `column` of a row, in natural order.
inline void expand_block(const int16_t* values, const hr_block_row& row, uint32_t column,
                         CoefficientBlock& out) {
  out.fill(0);
  out[0] = row.dc[column];
  uint64_t left = row.masks[column];
  for (uint32_t g = 0; left != 0; ++g, left >>= 16) {
    const int16_t* value = values + row.offsets[HR_COEFFICIENT_GROUPS * column + g];
    for (uint32_t m = uint32_t(left) & 0xFFFF; m != 0; m &= m - 1) {
      out[kTileOrder[16 * g + uint32_t(std::countr_zero(m))]] = *value++;
    }
  }
}

/// Calls `on_row(component, block_row, values, row)` for every row of blocks that shows, from above.
/// `decoder` has been opened for the whole image, and `rows` is what that gave.
template <class OnRow>
hr_result decode_block_rows(ImageDecoder& decoder, hr_coefficient_rows& rows, hr_error* error,
                            OnRow&& on_row) {
  const Grid& g = decoder.view().grid;
  for (uint32_t unit = 0; 2 * unit < g.mcus_high; ++unit) {
    if (const hr_result r = decoder.unit(unit, rows, error)) return r;
    for (uint32_t c = 0; c < g.components; ++c) {
      const uint32_t unit_rows = 2 * g.component[c].v, first = unit * unit_rows;
      for (uint32_t r = 0; r < unit_rows && first + r < g.component[c].blocks_high; ++r) {
        on_row(c, first + r, rows.values, rows.rows[c][r]);
      }
    }
  }
  return HR_OK;
}

}  // namespace headrace::packed
