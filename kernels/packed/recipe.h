// A JPEG's recipe inside a packed image: compressed against what most JPEG headers consist of.
#pragma once

#include <vector>

#include "kernels/jpeg_recipe.h"
#include "kernels/packed/view.h"

namespace headrace::packed {

/// Appends the recipe's section. `quant`: the image's quantisation tables, which a header repeats.
bool write_recipe(const JpegRecipe& recipe, std::span<const QuantTable> quant, std::vector<uint8_t>& out);

/// False if the section is damaged.
bool read_recipe(const View& view, JpegRecipe& recipe);

}  // namespace headrace::packed
