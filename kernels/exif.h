// The orientation tag of an EXIF block.
#pragma once

#include <cstdint>
#include <span>

namespace headrace::jpeg {

/// Orientation (1 to 8, as EXIF defines them) from the payload of an APP1 marker; 0 if the payload is
/// not EXIF, 1 if it is EXIF without a usable orientation tag.
unsigned exif_orientation(std::span<const uint8_t> app1);

}  // namespace headrace::jpeg
