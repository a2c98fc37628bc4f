// Padding blocks: the blocks of whole MCUs beyond the component's own.
//
// Usually they have no AC coefficients and the DC of the block coded before them in their component, so that
// they cost least. Encoders that extend the image's edge instead fill them with something else, which is
// listed. Padding blocks are counted component by component, row by row.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/jpeg_coefficients.h"

namespace headrace::jpeg {

/// A padding block that is not as usual.
struct PaddingBlock {
  uint64_t skipped = 0;  ///< padding blocks as usual since the one listed before
  CoefficientBlock block{};
};

/// How many padding blocks `image` has.
size_t padding_count(const CoefficientImage& image);

/// Lists `image`'s padding blocks that are not as usual, of the components whose padding is coded.
std::vector<PaddingBlock> unusual_padding(const CoefficientImage& image, std::span<const bool> coded);

/// Fills in all padding blocks. False if `unusual` lists more than the image has.
bool fill_padding(CoefficientImage& image, std::span<const PaddingBlock> unusual);

}  // namespace headrace::jpeg
