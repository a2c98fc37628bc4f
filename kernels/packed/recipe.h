// A JPEG's recipe inside a packed image: compressed against what most JPEG headers consist of.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/jpeg_recipe.h"
#include "kernels/packed/view.h"

namespace headrace::packed {

/// Before compression. Files with more beside their image stay as they are.
inline constexpr uint64_t kMaxRecipeBytes = uint64_t{64} << 20;

/// Appends the recipe's section. `quant`: the image's quantisation tables, which a header repeats. Returns
/// why it could not; null if it has.
const char* write_recipe(const JpegRecipe& recipe, std::span<const QuantTable> quant,
                         std::vector<uint8_t>& out);

/// How long the section says the recipe is; 0 if there is none.
uint64_t stated_recipe_bytes(const View& view);

/// What is wrong with the section; null if nothing.
const char* read_recipe(const View& view, JpegRecipe& recipe);

}  // namespace headrace::packed
