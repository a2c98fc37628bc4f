// The accurate integer inverse DCT ("islow") of 8 x 8 blocks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace headrace {

/// 64 dequantised coefficients in natural order (8 v + u) to 8 rows of 8 samples at out, out + stride, ...
///
/// Defined for every input: columns first, then rows, each by the same matrix of 13 fraction bits (idct.cc),
/// its sums exact (they stay below 2^31). Columns are descaled by 11 bits, half up, and saturated to 16 bits;
/// rows by 18 bits, half up, and clamped to -128..127; 128 is added.
///
/// Equal to every libjpeg-turbo's islow, SIMD or not, where its own 16-bit sums do not overflow and its table
/// of 1024 results is not left. For that it suffices that the absolute values of each column sum to at most
/// 2900 and those of the block to at most 2100. (The first pass multiplies by at most 4 x 1.3871, so its
/// results stay within 16090 + 1 and sums of two of them within 16 bits; a sample is at most the block's sum
/// x 1.3871^2 / 8 from 128, so within 506.) Without quantisation, coefficients of 8-bit samples keep the
/// first: a column's sum is at most 8^(1/2) 8^(1/2) 8^(1/2) 128 = 2896.
void idct_islow(const int16_t* coefficients, uint8_t* out, ptrdiff_t stride);

/// The same for a block whose coefficients are zero but for the DC: the value of all 64 samples.
uint8_t idct_flat(int16_t dc);

}  // namespace headrace
