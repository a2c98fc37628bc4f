// Rows of Y, Cb, Cr samples to rows of R G B pixels, as libjpeg-turbo converts them.
#pragma once

#include <cstdint>

namespace headrace {

/// `count` pixels to dst (3 bytes each). With 16 fraction bits, x = Cb - 128 and z = Cr - 128: R = Y + (91881
/// z + 2^15 >> 16), G = Y + (-22554 x - 46802 z + 2^15 >> 16), B = Y + (116130 x + 2^15 >> 16), each clamped
/// to 0..255.
void ycc_to_rgb(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int64_t count, uint8_t* dst);

/// Rows of R, G and B samples, interleaved.
void interleave_rgb(const uint8_t* r, const uint8_t* g, const uint8_t* b, int64_t count, uint8_t* dst);

}  // namespace headrace
