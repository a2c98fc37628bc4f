// One JPEG made into a packed or ycc image.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headrace/limits.h"
#include "headrace/status.h"
#include "kernels/jpeg_coefficients.h"
#include "kernels/jpeg_recipe.h"
#include "kernels/packed/packed_image.h"

namespace headrace {

struct PackedSample {
  uint32_t planes = 0;      ///< HR_PLANES_*
  uint32_t kept = 0;        ///< HR_KEPT_*; if not 0 the JPEG is to be stored as it is
  bool byte_exact = false;  ///< the JPEG can be written again byte for byte
  std::string reason;       ///< of `kept`, in words
};

/// For one thread at a time; keeps its memory from image to image, but not that of a large one.
class SamplePacker {
 public:
  struct Options {
    bool byte_exact = false;  ///< keep JPEGs that could not be written again byte for byte
    bool strip = false;       ///< no recipe: metadata is dropped, pixels remain
    PackEffort effort = PackEffort::fast;
  };

  /// Reads every scan. Errors as of read_coefficients(), but a JPEG that packing does not know is no error:
  /// it is kept.
  Status pack(std::span<const uint8_t> jpeg, const DecodeLimits& limits, const Options& options,
              PackedSample& sample, std::vector<uint8_t>& payload, uint64_t& warnings);

  /// The component planes, decoded (encoding HR_ENCODING_YCC). As above.
  Status to_planes(std::span<const uint8_t> jpeg, const DecodeLimits& limits, PackedSample& sample,
                   std::vector<uint8_t>& payload, uint64_t& warnings);

 private:
  Status read(std::span<const uint8_t> jpeg, const DecodeLimits& limits, PackedSample& sample,
              uint64_t& warnings);
  Status pack_image(std::span<const uint8_t> jpeg, const Options& options, PackedSample& sample,
                    std::vector<uint8_t>& payload);
  void drop_large();

  CoefficientImage image_;
  ImagePacker packer_;
};

}  // namespace headrace
