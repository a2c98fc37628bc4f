// Coefficient rows: how a producer (packed images now) hands a strip of quantised DCT coefficients to generated code.
// The producer owns everything serial (absolute DC, escapes, where values start); what consumes the rows jumps to any
// block in O(1) and expands its values by mask.
#pragma once

#include "headrace/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The order of a block's 64 coefficients in masks, values and quant: eight tiles of 2 rows x 4 columns, low
 * frequencies first, so that what is empty is empty together:
 *   tile   0      1      2      3      4      5      6      7
 *   at   (0,0)  (2,0)  (0,4)  (4,0)  (2,4)  (6,0)  (4,4)  (6,4)     (row, column) of its first coefficient
 * Coefficient 8 t + 4 r + c of a block is natural[8 (row_t + r) + column_t + c]. A group is 16 coefficients: tiles 2 g
 * and 2 g + 1. Row r of the block is the half rows of two tiles: rows 0, 1 tiles 0 and 2; rows 2, 3 tiles 1 and 4;
 * rows 4, 5 tiles 3 and 6; rows 6, 7 tiles 5 and 7. */
#define HR_COEFFICIENT_GROUPS 4

/* One row of blocks of one component. Arrays are indexed by the block's column in the image; only the columns that
 * the rectangle needs are filled. */
typedef struct hr_block_row {
  const uint64_t* masks;   /* bit i: coefficient i of the order above is not zero; bit 0 (DC) is always 0 */
  const uint32_t* offsets; /* 4 per block: element of `values` where the group's nonzero values start, in order */
  const int16_t* dc;       /* quantised DC */
} hr_block_row;

/* A unit is 16 v_max rows of pixels: 2 v_max rows of blocks of component 0, two of components 1 and 2. */
typedef struct hr_coefficient_rows {
  const int16_t* values;     /* nonzero AC values; 32 readable elements beyond the last */
  const int16_t* quant[3];   /* per component: 64 steps in the order above, 0 to 32767 (u16 tables that exceed this are not packed) */
  hr_block_row rows[3][4];   /* component; row of blocks in the unit. Rows below the image repeat its last one. */
} hr_coefficient_rows;

/* Starts decoding what rows [top, top + rows) x columns [left, left + cols) of the image need (widened by 2 pixels on
 * each side, so that chroma can be upsampled). Fills rows->quant. `planes` is what the record says (HR_PLANES_*); data
 * that says otherwise is HR_E_DECODE. Whatever was open on this decoder is dropped. */
int32_t hr_packed_open(void* decoder, const uint8_t* data, int64_t size, int64_t width, int64_t height, int64_t planes,
                       int64_t top, int64_t left, int64_t rows, int64_t cols, hr_coefficient_rows* out, hr_error* error);

/* Makes unit `unit` (counted from the image's top; in ascending order) available. Valid until the next call. */
int32_t hr_packed_unit(void* decoder, int64_t unit, hr_coefficient_rows* out, hr_error* error);

#ifdef __cplusplus
}

#include <array>
#include <cstddef>

namespace headrace {

/// Position in natural order of coefficient i in the order above.
inline constexpr std::array<uint8_t, 64> kTileOrder = [] {
  constexpr uint8_t kAt[8][2] = {{0, 0}, {2, 0}, {0, 4}, {4, 0}, {2, 4}, {6, 0}, {4, 4}, {6, 4}};
  std::array<uint8_t, 64> order{};
  for (size_t i = 0; i < 64; ++i) {
    order[i] = uint8_t(8 * (kAt[i / 8][0] + i % 8 / 4) + kAt[i / 8][1] + i % 4);
  }
  return order;
}();

/// Whoever hands out units of coefficient rows to C++ callers.
class CoefficientRowsSource {
 public:
  virtual ~CoefficientRowsSource() = default;
  virtual hr_result unit(int64_t unit, hr_coefficient_rows& out, hr_error* error) = 0;
};

}  // namespace headrace
#endif
