// A straightforward full decode by libjpeg, to compare with.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace headrace::fuzz {

/// RGB pixels, row by row; accurate integer IDCT and fancy upsampling. Fails if libjpeg reports an error or a
/// warning.
std::vector<uint8_t> reference_decode(std::span<const uint8_t> jpeg);

}  // namespace headrace::fuzz
