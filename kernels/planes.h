// The component planes of an image in a plane encoding, as they lie in memory or as the IDCT leaves them: no
// upsampling, no colour.
#pragma once

#include <cstdint>

#include "headrace/abi.h"
#include "headrace/scaled.h"
#include "kernels/jpeg_coefficients.h"

namespace headrace {

/// Of the image at a scale (headrace/scaled.h), which is 8 for YCC.
struct PlaneRect {
  int64_t top, left, rows, cols;  ///< pixels
  int scale = kWholeScale;
};

/// Fills planes[c], dense and of the size that headrace/planes.h says of the scaled image and its layout, for
/// each component of a field in encoding PACKED or YCC. Samples that no pixel of the rectangle (inside the
/// image) depends on may be left as they are. `decoder` is an hr_decoder; whatever was open on it is dropped.
/// Errors: HR_E_DECODE, HR_E_SHORT, HR_E_LIMIT.
hr_result read_planes(void* decoder, const hr_field& field, const PlaneRect& rect, uint8_t* const* planes,
                      hr_error* error);

/// The planes of a whole image, from its coefficients in memory, at full scale: what read_planes() gives for
/// it once it is packed.
void decode_planes(const CoefficientImage& image, uint8_t* const* planes);

}  // namespace headrace
