#include <algorithm>
#include <new>
#include <string>

#include "kernels/decode_limits.h"
#include "kernels/packed/decode_blocks.h"
#include "kernels/packed/image_decoder.h"
#include "kernels/packed/packed_image.h"
#include "kernels/packed/recipe.h"

namespace headrace {
namespace {

using packed::Grid;

Status damaged(const std::string& reason) {
  return {"packed.damaged", "", "the packed image is damaged: " + reason};
}

/// Sets all of `image` but the blocks' values; returns the bytes of these.
uint64_t describe(const packed::View& view, CoefficientImage& image) {
  const packed::Header& h = view.header;
  const Grid& g = view.grid;
  image.width = h.width;
  image.height = h.height;
  image.color = CoefficientColor::ycbcr;
  if (g.components == 1) image.color = CoefficientColor::gray;
  if ((h.planes & HR_PLANES_RGB) != 0) image.color = CoefficientColor::rgb;
  image.h_max = uint8_t(g.h_max);
  image.v_max = uint8_t(g.v_max);
  image.warnings = 0;
  image.components.resize(g.components);
  uint64_t blocks = 0;
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
    blocks += uint64_t{k.padded_wide} * k.padded_high;
  }
  return blocks * sizeof(CoefficientBlock);
}

RecipeState state_of(const packed::Header& h) {
  if ((h.flags & packed::kHasRecipe) == 0) return RecipeState::none;
  return (h.flags & packed::kByteExact) != 0 ? RecipeState::byte_exact : RecipeState::coefficients_exact;
}

Status unpack(packed::ImageDecoder& decoder, std::span<const uint8_t> bytes, const DecodeLimits& limits,
              CoefficientImage& image, JpegRecipe* recipe, RecipeState* state) {
  packed::View view;
  if (const char* wrong = packed::open_view(bytes, view)) return damaged(wrong);
  const packed::Header& h = view.header;
  hr_coefficient_rows rows{};
  hr_error error{};
  const auto failed = [&]() -> Status {
    return {error.code == HR_E_LIMIT ? "decode.limit" : "packed.damaged", "", error.text};
  };
  const packed::PixelRange whole{0, 0, h.height, h.width};
  if (decoder.open(bytes, h.width, h.height, h.planes, limits, whole, rows, &error) != HR_OK) return failed();
  const RecipeState found = state_of(h);
  const bool with_recipe = recipe && found != RecipeState::none;
  uint64_t memory = describe(view, image);
  if (with_recipe) memory += packed::stated_recipe_bytes(view);
  if (memory > limits.max_memory) {
    return {"decode.limit", "", limit_message(Limit::memory, memory, limits.max_memory)};
  }
  for (CoefficientComponent& k : image.components) {
    k.blocks.assign(size_t{k.padded_wide} * k.padded_high, CoefficientBlock{});
  }
  const auto keep = [&](uint32_t c, uint32_t block_row, const int16_t* values, const hr_block_row& row) {
    CoefficientComponent& k = image.components[c];
    CoefficientBlock* const to = &k.blocks[size_t{block_row} * k.padded_wide];
    for (uint32_t x = 0; x < k.blocks_wide; ++x) packed::expand_block(values, row, x, to[x]);
  };
  if (packed::decode_block_rows(decoder, rows, &error, keep) != HR_OK) return failed();
  if (state) *state = found;
  if (!with_recipe) return {};
  const char* const wrong = packed::read_recipe(view, *recipe);
  return wrong ? damaged(wrong) : Status();
}

}  // namespace

ImageUnpacker::ImageUnpacker() : decoder_(std::make_unique<packed::ImageDecoder>()) {}
ImageUnpacker::~ImageUnpacker() = default;

Status ImageUnpacker::unpack(std::span<const uint8_t> bytes, const DecodeLimits& limits,
                             CoefficientImage& image, JpegRecipe* recipe, RecipeState* state) try {
  return headrace::unpack(*decoder_, bytes, limits, image, recipe, state);
} catch (const std::bad_alloc&) {
  return {"decode.limit", "", "out of memory while unpacking an image"};
}

}  // namespace headrace
