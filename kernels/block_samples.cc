#include "kernels/block_samples.h"

#include <bit>
#include <cstring>

#include "kernels/idct.h"
#include "kernels/idct_reduced.h"

namespace headrace {
namespace {

int16_t dequantised(int16_t value, int16_t step) { return int16_t(uint32_t(value) * uint32_t(step)); }

/// Blocks expanded before any of them is transformed, so that the transform's wide loads do not wait for the
/// narrow stores of the expansion.
constexpr int64_t kBatch = 8;

void expand(const hr_block_row& row, int64_t block, const int16_t* values, const int16_t* quant,
            int16_t* coefficients) {
  uint64_t left = row.masks[block];
  // Bits set in each group, then in all groups below it: 16 bits each.
  uint64_t counts = left - ((left >> 1) & 0x5555555555555555);
  counts = (counts & 0x3333333333333333) + ((counts >> 2) & 0x3333333333333333);
  counts = (counts + (counts >> 4)) & 0x0F0F0F0F0F0F0F0F;
  counts = (counts + (counts >> 8)) & 0x00FF00FF00FF00FF;
  const uint64_t below = counts * 0x0001000100010000;
  // Where the block's first value would be if all were in one piece, for each group: one loop for all of
  // them.
  int64_t start[HR_COEFFICIENT_GROUPS];
  for (int group = 0; group < HR_COEFFICIENT_GROUPS; ++group) {
    start[group] =
        int64_t{row.offsets[block * HR_COEFFICIENT_GROUPS + group]} - int64_t(below >> (16 * group) & 0xFFFF);
  }
  std::memset(coefficients, 0, 64 * sizeof(int16_t));
  for (int64_t k = 0; left != 0; left &= left - 1, ++k) {
    const auto i = size_t(std::countr_zero(left));
    coefficients[kTileOrder[i]] = dequantised(values[start[i / 16] + k], quant[i]);
  }
  coefficients[0] = dequantised(row.dc[block], quant[0]);
}

void fill(uint8_t sample, int side, uint8_t* out, ptrdiff_t stride) {
  if (side == 8) {  // a store a row
    for (int y = 0; y < 8; ++y) std::memset(out + y * stride, sample, 8);
    return;
  }
  for (int y = 0; y < side; ++y) std::memset(out + y * stride, sample, size_t(side));
}

}  // namespace

void block_samples(const hr_block_row& row, const int16_t* values, const int16_t* quant, int64_t first,
                   int64_t count, int side, uint8_t* out, ptrdiff_t stride) {
  alignas(64) int16_t coefficients[kBatch][64];
  for (int64_t done = 0; done < count; done += kBatch) {
    const int64_t n = count - done < kBatch ? count - done : kBatch;
    for (int64_t i = 0; i < n; ++i) {
      if (row.masks[first + done + i] != 0) expand(row, first + done + i, values, quant, coefficients[i]);
    }
    for (int64_t i = 0; i < n; ++i, out += side) {
      if (row.masks[first + done + i] == 0) {
        // The DC alone gives the same sample at every size.
        const uint8_t sample = idct_flat(dequantised(row.dc[first + done + i], quant[0]));
        fill(sample, side, out, stride);
      } else if (side == 8) {
        idct_islow(coefficients[i], out, stride);
      } else {
        idct_reduced(coefficients[i], side, out, stride);
      }
    }
  }
}

}  // namespace headrace
