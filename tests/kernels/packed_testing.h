// Coefficient images made for tests of the packed encoding.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "kernels/coefficient_rows.h"
#include "kernels/jpeg_coefficients.h"
#include "kernels/packed/image_decoder.h"
#include "kernels/packed/packed_image.h"

namespace headrace::testing {

/// How coefficients are drawn.
enum class Drawn : uint8_t {
  photo,    ///< few, small, low frequencies
  extreme,  ///< anything a baseline JPEG can hold: AC +-1023, DC differences +-2047
  full      ///< all 63 AC coefficients of every block, large
};

CoefficientImage draw_coefficients(uint32_t planes, uint32_t width, uint32_t height, Drawn drawn,
                                   std::mt19937& rng);

/// Packed without a recipe; 64 bytes more than the image follow, as files have them.
std::vector<uint8_t> pack_for_test(const CoefficientImage& image);

/// The image in what pack_for_test() returns.
std::span<const uint8_t> image_bytes(const std::vector<uint8_t>& with_tail);

Status unpack_image(std::span<const uint8_t> bytes, CoefficientImage& image, JpegRecipe* recipe,
                    RecipeState* state, const DecodeLimits& limits = {});

/// Every block that shows, as text of the first difference; "" if equal.
std::string compare_blocks(const CoefficientImage& a, const CoefficientImage& b);

/// What a decoder makes of the rectangle's blocks, compared with `image`; its error text, or the first
/// difference.
std::string compare_rectangle(packed::ImageDecoder& decoder, std::span<const uint8_t> bytes,
                              const CoefficientImage& image, const packed::PixelRange& range);

}  // namespace headrace::testing
