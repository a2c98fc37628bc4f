// A recipe for a file with an image's coefficients where the original's own coding cannot be followed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headrace/status.h"
#include "kernels/jpeg_coefficients.h"

namespace headrace::jpeg {

/// Header bytes of a sequential file with one scan: the metadata segments (APPn, COM) of `data`, in order,
/// those that come before its first scan in front; the image's quantisation tables; the standard Huffman
/// tables, or
/// (`every_symbol`) tables that have a code for every symbol. Frame sizes are 0, as in a recipe.
std::vector<uint8_t> plain_headers(std::span<const uint8_t> data, const CoefficientImage& image,
                                   bool every_symbol);

}  // namespace headrace::jpeg
