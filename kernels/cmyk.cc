#include "kernels/cmyk.h"

namespace headrace::jpeg {
namespace {

/// a * b / 255 rounded to nearest, for a, b in 0..255.
inline uint32_t mul_div_255(uint32_t a, uint32_t b) {
  const uint32_t t = a * b + 128;
  return (t + (t >> 8)) >> 8;
}

}  // namespace

void cmyk_to_rgb(const uint8_t* cmyk, uint8_t* rgb, size_t pixels) {
  for (size_t i = 0; i < pixels; ++i, cmyk += 4, rgb += 3) {
    const uint32_t k = cmyk[3];
    // The product never exceeds k, so the difference needs no clamp.
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(k - mul_div_255(255u - cmyk[c], k));
  }
}

}  // namespace headrace::jpeg
