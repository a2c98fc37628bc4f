// Valid JPEG files whose coefficients, tables, sampling and coding a fuzzer's bytes choose.
#pragma once

#include <cstdint>
#include <vector>

#include "byte_script.h"
#include "kernels/jpeg_coefficients.h"

namespace headrace::fuzz {

/// Any kind that packs, up to 100 x 100 pixels. Every dequantised block lies within the bound for which
/// idct.h states that all decoders agree.
CoefficientImage scripted_image(ByteScript& script);

/// The image as libjpeg writes it: sequential or progressive, with or without restart markers, one scan or
/// several, as the script chooses. Fails if libjpeg reports an error.
std::vector<uint8_t> scripted_jpeg(ByteScript& script, const CoefficientImage& image);

}  // namespace headrace::fuzz
