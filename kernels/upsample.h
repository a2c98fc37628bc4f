// Rows of chroma at full resolution, as libjpeg-turbo's upsampling makes them, in parts: down between two
// rows of samples, then across one row.
#pragma once

#include <cstdint>

namespace headrace {

/// out[i] = 3 near[i] + next[i]: a row of pixels between two rows of samples, in quarters.
void blend_rows(const uint8_t* near, const uint8_t* next, int64_t count, int16_t* out);

/// Interpolates across: out[2 i] = (3 in[i] + in[i - 1] + 1) >> 2, out[2 i + 1] = (3 in[i] + in[i + 1] + 2)
/// >> 2, for i in 0..count - 1. At an end of the image in[-1] or in[count] repeats the outermost sample.
void interpolate_across(const int16_t* in, int64_t count, uint8_t* out);

/// The same of blended rows: + 8 and + 7, >> 4.
void interpolate_across_blended(const int16_t* in, int64_t count, uint8_t* out);

/// Interpolates down (1 x 2): (3 near + next + 1) >> 2 in even rows of pixels, + 2 in odd ones.
void interpolate_down(const uint8_t* near, const uint8_t* next, int64_t count, bool odd_row, uint8_t* out);

/// Each sample twice.
void repeat_across(const uint8_t* in, int64_t count, uint8_t* out);

}  // namespace headrace
