// How much one image may ask for before it is refused.
#pragma once

#include <cstdint>

namespace headrace {

/// Looked at before memory is taken; an image beyond a limit is an error that names the limit. They bound
/// what a few bytes from outside can make a program do, so raise them only for data that is trusted.
struct DecodeLimits {
  uint64_t max_pixels = 100'000'000;  ///< width x height
  uint32_t max_scans = 500;           ///< of a JPEG file; each can go over the whole image
  /// Bytes held for one image at a time, of what grows with it: coefficients, pixels, the file written from
  /// it. Each thread that decodes can hold as much.
  uint64_t max_memory = uint64_t{2} << 30;
};

}  // namespace headrace
