#include <algorithm>
#include <bit>
#include <new>
#include <string>

#include "kernels/packed/image_decoder.h"
#include "kernels/packed/packed_image.h"
#include "kernels/packed/recipe.h"

namespace headrace {
namespace {

using packed::Grid;

void unpack_block(const hr_coefficient_rows& rows, const hr_block_row& row, uint32_t column, CoefficientBlock& out) {
  out.fill(0);
  out[0] = row.dc[column];
  for (uint32_t g = 0; g < HR_COEFFICIENT_GROUPS; ++g) {
    const int16_t* value = rows.values + row.offsets[4 * column + g];
    for (uint32_t m = uint32_t(row.masks[column] >> (16 * g)) & 0xFFFF; m != 0; m &= m - 1) {
      out[kTileOrder[16 * g + uint32_t(std::countr_zero(m))]] = *value++;
    }
  }
}

Status unpack(std::span<const uint8_t> bytes, CoefficientImage& image, JpegRecipe* recipe, RecipeState* state,
              uint64_t max_pixels) {
  const auto damaged = [](std::string reason) { return Status("packed.damaged", "", std::move(reason)); };
  packed::View view;
  if (const char* wrong = packed::open_view(bytes, view)) return damaged(std::string("the packed image is damaged: ") + wrong);
  const packed::Header& h = view.header;
  packed::ImageDecoder decoder;
  hr_coefficient_rows rows{};
  hr_error error{};
  if (decoder.open(bytes, h.width, h.height, h.planes, max_pixels, {0, 0, h.height, h.width}, rows, &error) != HR_OK) {
    if (error.code != HR_E_LIMIT) return damaged(error.text);
    return {"decode.limit", "", std::to_string(error.args[0]) + " pixels, more than the limit of " + std::to_string(error.args[1])};
  }
  const Grid& g = view.grid;
  image.width = h.width;
  image.height = h.height;
  image.color = g.components == 1 ? CoefficientColor::gray : (h.planes & HR_PLANES_RGB) != 0 ? CoefficientColor::rgb : CoefficientColor::ycbcr;
  image.h_max = uint8_t(g.h_max);
  image.v_max = uint8_t(g.v_max);
  image.warnings = 0;
  image.components.resize(g.components);
  for (uint32_t c = 0; c < g.components; ++c) {
    CoefficientComponent& k = image.components[c];
    k.id = uint8_t(c + 1);
    k.h_samp = uint8_t(g.component[c].h);
    k.v_samp = uint8_t(g.component[c].v);
    k.blocks_wide = g.component[c].blocks_wide;
    k.blocks_high = g.component[c].blocks_high;
    k.padded_wide = g.mcus_wide * g.component[c].h;
    k.padded_high = g.mcus_high * g.component[c].v;
    k.quant = view.quant[c];
    k.blocks.assign(size_t{k.padded_wide} * k.padded_high, CoefficientBlock{});
  }
  for (uint32_t unit = 0; 2 * unit < g.mcus_high; ++unit) {
    if (decoder.unit(unit, rows, &error) != HR_OK) return damaged(error.text);
    for (uint32_t c = 0; c < g.components; ++c) {
      CoefficientComponent& k = image.components[c];
      for (uint32_t r = 0; r < 2 * g.component[c].v; ++r) {
        const uint32_t row = unit * 2 * g.component[c].v + r;
        if (row >= k.blocks_high) break;
        for (uint32_t x = 0; x < k.blocks_wide; ++x) {
          unpack_block(rows, rows.rows[c][r], x, k.blocks[size_t{row} * k.padded_wide + x]);
        }
      }
    }
  }
  if (state) {
    *state = (h.flags & packed::kHasRecipe) == 0 ? RecipeState::none
             : (h.flags & packed::kByteExact) != 0 ? RecipeState::byte_exact : RecipeState::coefficients_exact;
  }
  if (recipe && (h.flags & packed::kHasRecipe) != 0) {
    if (!packed::read_recipe(view, *recipe)) return damaged("the packed image is damaged: its recipe does not decompress");
  }
  return {};
}

}  // namespace

Status unpack_image(std::span<const uint8_t> bytes, CoefficientImage& image, JpegRecipe* recipe, RecipeState* state,
                    uint64_t max_pixels) try {
  return unpack(bytes, image, recipe, state, max_pixels);
} catch (const std::bad_alloc&) {
  return {"decode.limit", "", "out of memory while unpacking an image"};
}

}  // namespace headrace
