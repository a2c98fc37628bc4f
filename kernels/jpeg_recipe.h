// What is needed beside the coefficients to write a JPEG file again, byte for byte: its header segments, the
// Huffman tables they define, restart intervals, padding and what follows the image.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headrace/status.h"
#include "kernels/jpeg_coefficients.h"

namespace headrace {

struct JpegRecipe {
  /// What files of one encoder and quality have in common of the bytes that are not entropy-coded data, in
  /// order: the segments but for metadata (JFIF, Adobe and ICC stay) and Huffman tables made for the file;
  /// height and width in the frame header are 0. Shared between samples where equal.
  std::vector<uint8_t> headers;
  /// What differs from image to image beside the coefficients: those other segments, bytes between segments
  /// and behind the image, fill bits, padding blocks that do not follow the usual rule. Empty for the usual
  /// file; jpeg_recipe_extra.h has its layout.
  std::vector<uint8_t> extra;
  /// Of the file that is rebuilt, as make_jpeg_recipe() found it. For those who have to decide; not kept.
  uint64_t file_bytes = 0;
};

/// Splits `data` (which `image` was read from) into its recipe. Sets `byte_exact` if jpeg_rebuild() gives
/// `data` again, which it has tried; otherwise the recipe rebuilds a sequential file with the same
/// coefficients and metadata. Errors: "packed.recipe", coefficients that no JPEG of 8-bit samples can hold;
/// "decode.limit".
Status make_jpeg_recipe(std::span<const uint8_t> data, const CoefficientImage& image, JpegRecipe& recipe,
                        bool& byte_exact);

/// Writes the file again into `out`, whose memory is used again. `image` needs only the blocks within
/// blocks_wide x blocks_high right: padding blocks are filled in here. Recipes come from dataset files and
/// are not trusted: any that does not fit the image is the error "packed.recipe", as are more than 500 scans;
/// a file of more than `max_bytes` is "packed.too_long"; `out` is empty then.
Status jpeg_rebuild(std::span<const uint8_t> headers, std::span<const uint8_t> extra, CoefficientImage& image,
                    uint64_t max_bytes, std::vector<uint8_t>& out);

}  // namespace headrace
