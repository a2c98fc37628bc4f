// Whole images: coefficients to packed bytes and back.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "headrace/limits.h"
#include "headrace/status.h"
#include "kernels/jpeg_coefficients.h"
#include "kernels/jpeg_recipe.h"

namespace headrace {

/// HR_PLANES_* of an image.
uint32_t coefficient_planes(const CoefficientImage& image);

/// The longest file, and the longest recipe, that a packed image of so many bytes may stand for. Readers
/// refuse more, so that a small file cannot fill a disk, and writers keep such JPEGs as they are: those that
/// are padded with megabytes of zeros, say. Coded blocks alone do not get there: they cannot be 64 times as
/// long as packed ones.
constexpr uint64_t max_rebuilt_bytes(uint64_t packed_bytes) {
  return (uint64_t{64} << 10) + 64 * packed_bytes;
}

enum class PackEffort : uint8_t {
  fast,  ///< decodes fastest
  small  ///< about 2 % smaller, and its entropy decoding about an eighth slower
};

/// For one thread at a time; keeps its memory from image to image.
class ImagePacker {
 public:
  ImagePacker();
  ~ImagePacker();
  ImagePacker(ImagePacker&&) noexcept;
  ImagePacker& operator=(ImagePacker&&) noexcept;

  /// Packs the coefficients, and the recipe if there is one. `byte_exact`: the recipe gives the source again.
  /// What was packed has been decoded again and compared. Errors: "packed.unsupported" (the reason; keep the
  /// file as it is), "decode.limit" if memory runs out, "packed.internal".
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

namespace packed {
class ImageDecoder;
}

/// For one thread at a time; keeps its memory from image to image.
class ImageUnpacker {
 public:
  ImageUnpacker();
  ~ImageUnpacker();
  ImageUnpacker(const ImageUnpacker&) = delete;
  ImageUnpacker& operator=(const ImageUnpacker&) = delete;

  /// All coefficients again; padding blocks are zero. `recipe` and `state` may be null. A few bytes can state
  /// a large image: coefficients and recipe together must fit the limit on memory. 64 bytes behind `bytes`
  /// are readable. Errors: "packed.damaged"; "decode.limit", also if memory runs out.
  Status unpack(std::span<const uint8_t> bytes, const DecodeLimits& limits, CoefficientImage& image,
                JpegRecipe* recipe, RecipeState* state);

 private:
  std::unique_ptr<packed::ImageDecoder> decoder_;
};

}  // namespace headrace
