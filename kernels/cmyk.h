// CMYK pixels to RGB, as Pillow does it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace headrace::jpeg {

/// Converts `pixels` CMYK pixels (4 bytes each) to RGB (3 bytes each). The bytes are taken in the
/// polarity Adobe writes (255 means no ink), whether or not the file has an Adobe marker, since that
/// is what Pillow assumes of every four-component JPEG. Per channel, with x the ink's byte and k the
/// black's: k - round((255 - x) * k / 255).
void cmyk_to_rgb(const uint8_t* cmyk, uint8_t* rgb, size_t pixels);

}  // namespace headrace::jpeg
