// The reduced inverse DCTs: a block of 8 x 8 coefficients to 4 x 4, 2 x 2 or one sample.
#pragma once

#include <cstddef>
#include <cstdint>

namespace headrace {

/// 64 dequantised coefficients in natural order (8 v + u) to `side` (4, 2 or 1) rows of as many samples at
/// out, out + stride, ...
///
/// Defined for every input: columns first, then rows, each by the same matrix of 13 fraction bits
/// (idct_reduced.cc), its sums modulo 2^32. Side 4 descales columns by 12 bits and rows by 19, side 2 by 13
/// and 20, half up; columns are saturated to 16 bits, rows clamped to -128..127; 128 is added. Side 1 is (DC
/// + 4) >> 3, likewise clamped.
///
/// Equal to every libjpeg-turbo's reduced decode where idct_islow() is said to equal its full one: the
/// coefficients weigh less here (a column's at most 5.13 times, a sample at most 0.21 times their sum).
void idct_reduced(const int16_t* coefficients, int side, uint8_t* out, ptrdiff_t stride);

}  // namespace headrace
