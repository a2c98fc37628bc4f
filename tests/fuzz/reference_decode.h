// A straightforward full decode by libjpeg, to compare with.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace headrace::fuzz {

/// RGB pixels, row by row; accurate integer IDCT and fancy upsampling; at `scale` of 8 of the image's size.
/// Fails if libjpeg reports an error or a warning.
std::vector<uint8_t> reference_decode(std::span<const uint8_t> jpeg, unsigned scale = 8);

}  // namespace headrace::fuzz
