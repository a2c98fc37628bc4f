// Packed images back to JPEG files.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headrace/limits.h"
#include "headrace/status.h"
#include "kernels/packed/packed_image.h"

namespace headrace {

/// For one thread at a time; keeps its memory from image to image.
class JpegRebuilder {
 public:
  /// Makes the file of a packed image, behind which 64 bytes are readable. With RecipeState::none there is no
  /// file to go back to, and none is made. Coefficients, recipe and file together must fit the limit on
  /// memory, and the file what max_rebuilt_bytes() allows. Errors: "packed.damaged", "decode.limit"; `where`
  /// is empty.
  Expected<RecipeState> rebuild(std::span<const uint8_t> packed, const DecodeLimits& limits);

  /// The file made last; empty if there is none.
  std::span<const uint8_t> jpeg() const { return jpeg_; }

 private:
  ImageUnpacker unpacker_;
  CoefficientImage image_;
  JpegRecipe recipe_;
  std::vector<uint8_t> jpeg_;
};

}  // namespace headrace
