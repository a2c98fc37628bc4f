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
  Status pack(const CoefficientImage& image, const JpegRecipe* recipe, bool byte_exact, std::vector<uint8_t>& out);

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

/// All coefficients again; padding blocks are zero. `recipe` may be null. Errors: "packed.damaged".
Status unpack_image(std::span<const uint8_t> bytes, CoefficientImage& image, JpegRecipe* recipe, RecipeState* state);

}  // namespace headrace
