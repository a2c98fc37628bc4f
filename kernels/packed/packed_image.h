// Whole images: coefficients to packed bytes and back.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "headrace/status.h"
#include "kernels/jpeg_coefficients.h"
#include "kernels/jpeg_recipe.h"

namespace headrace {

/// HR_PLANES_* of an image.
uint32_t coefficient_planes(const CoefficientImage& image);

enum class PackEffort : uint8_t {
  fast,  ///< decodes fastest
  small  ///< about 2 % smaller, and its entropy decoding about an eighth slower
};

/// For one thread at a time; keeps its memory from image to image.
class ImagePacker {
 public:
  ImagePacker();
  ~ImagePacker();
  ImagePacker(const ImagePacker&) = delete;
  ImagePacker& operator=(const ImagePacker&) = delete;

  /// Packs the coefficients, and the recipe if there is one. `byte_exact`: the recipe gives the source again. What was
  /// packed has been unpacked again and compared. Errors: "packed.unsupported" (the reason; keep the file as it is),
  /// "packed.internal".
  Status pack(const CoefficientImage& image, const JpegRecipe* recipe, bool byte_exact, PackEffort effort,
              std::vector<uint8_t>& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What an image's packed bytes say of its recipe.
enum class RecipeState : uint8_t {
  none,                ///< stripped: only the pixels can be had again
  coefficients_exact,  ///< a JPEG with the same coefficients can be written
  byte_exact           ///< the source file can be written
};

/// All coefficients again; padding blocks are zero. `recipe` may be null. A few bytes can state a large image, so
/// memory is taken only up to `max_pixels`. Errors: "packed.damaged"; "decode.limit", also if memory runs out.
Status unpack_image(std::span<const uint8_t> bytes, CoefficientImage& image, JpegRecipe* recipe, RecipeState* state,
                    uint64_t max_pixels = kDefaultDecodeLimits.max_pixels);

}  // namespace headrace
