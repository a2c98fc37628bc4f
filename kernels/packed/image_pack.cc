#include <array>
#include <cstring>

#include "kernels/packed/packed_image.h"
#include "kernels/packed/recipe.h"
#include "kernels/packed/tile_encode.h"

namespace headrace {

using packed::Grid;
using packed::kContexts;
using packed::kSymbols;

uint32_t coefficient_planes(const CoefficientImage& image) {
  if (image.components.size() == 1) return HR_PLANES_GRAY;
  if (image.h_max == 2) return image.v_max == 2 ? HR_PLANES_420 : HR_PLANES_422;
  if (image.v_max == 2) return HR_PLANES_440;
  return image.color == CoefficientColor::rgb ? HR_PLANES_444 | HR_PLANES_RGB : HR_PLANES_444;
}

struct ImagePacker::State {
  std::vector<packed::TileSymbols> tiles;
  CoefficientImage unpacked;

  /// The set of code tables that needs the fewest bits.
  int best_set(size_t tile_count, int sets) const {
    std::array<std::array<uint64_t, kSymbols>, kContexts> counts{};
    for (size_t t = 0; t < tile_count; ++t) {
      for (const packed::Segment& s : tiles[t].segments) {
        auto& of = counts[size_t(s.context)];
        for (uint32_t i = s.begin; i < s.end; ++i) ++of[tiles[t].symbols[i]];
      }
    }
    int best = 0;
    uint64_t least = UINT64_MAX;
    for (int k = 0; k < sets; ++k) {
      uint64_t bits = 0;
      for (size_t c = 0; c < kContexts; ++c) {
        const auto& codes = packed::table_set(k).encode[c];
        for (size_t s = 0; s < kSymbols; ++s) bits += counts[c][s] * codes[s].length;
      }
      if (bits < least) least = bits, best = k;
    }
    return best;
  }
};

ImagePacker::ImagePacker() : state_(std::make_unique<State>()) {}
ImagePacker::~ImagePacker() = default;

namespace {

/// Equal quantisation tables are kept once.
void write_quant(const CoefficientImage& image, packed::Header& header, std::vector<uint8_t>& out) {
  std::array<packed::QuantTable, 3> tables{};
  for (size_t c = 0; c < image.components.size(); ++c) {
    uint8_t t = 0;
    while (t < header.quant_count && tables[t] != image.components[c].quant) ++t;
    if (t == header.quant_count) {
      tables[header.quant_count++] = image.components[c].quant;
      packed::write_quant_table(image.components[c].quant, out);
    }
    header.quant_of[c] = t;
  }
}

bool same_shown_blocks(const CoefficientImage& a, const CoefficientImage& b) {
  for (size_t c = 0; c < a.components.size(); ++c) {
    const CoefficientComponent &x = a.components[c], &y = b.components[c];
    if (x.blocks_wide != y.blocks_wide || x.blocks_high != y.blocks_high || x.quant != y.quant) return false;
    for (uint32_t row = 0; row < x.blocks_high; ++row) {
      if (std::memcmp(&x.block(row, 0), &y.block(row, 0), x.blocks_wide * sizeof(CoefficientBlock)) != 0) return false;
    }
  }
  return true;
}

}  // namespace

Status ImagePacker::pack(const CoefficientImage& image, const JpegRecipe* recipe, bool byte_exact, PackEffort effort, std::vector<uint8_t>& out) {
  const auto unsupported = [](const char* reason) { return Status("packed.unsupported", "", reason); };
  for (const CoefficientComponent& c : image.components) {
    for (const uint16_t step : c.quant) {
      if (step > INT16_MAX) return unsupported("quantisation steps above 32767");
    }
  }
  packed::Header header;
  header.planes = uint8_t(coefficient_planes(image));
  header.width = uint16_t(image.width);
  header.height = uint16_t(image.height);
  Grid grid(header.planes, image.width, image.height);
  grid.choose_tiles();
  header.tile_wide = uint16_t(grid.tile_wide);
  header.tile_high = uint16_t(grid.tile_high);
  header.flags = uint8_t((recipe ? packed::kHasRecipe : 0) | (recipe && byte_exact ? packed::kByteExact : 0));

  const size_t tile_count = size_t{grid.tiles_wide} * grid.tiles_high;
  if (state_->tiles.size() < tile_count) state_->tiles.resize(tile_count);
  for (uint32_t row = 0, t = 0; row < grid.tiles_high; ++row) {
    for (uint32_t column = 0; column < grid.tiles_wide; ++column, ++t) {
      packed::model_tile(image, grid, column, row, state_->tiles[t]);
    }
  }
  header.table_set = uint8_t(state_->best_set(tile_count, effort == PackEffort::small ? packed::table_set_count() : packed::fast_table_sets()));

  out.assign(sizeof header, 0);
  write_quant(image, header, out);
  header.directory = uint32_t(out.size());
  out.resize(out.size() + 4 * tile_count);
  for (size_t t = 0; t < tile_count; ++t) {
    if (!packed::encode_tile(state_->tiles[t], packed::table_set(header.table_set), out)) {
      return unsupported("coefficients that no JPEG of 8 bits has");
    }
    if (out.size() > UINT32_MAX / 2) return unsupported("more than 2 GiB of coefficients");
    const uint32_t end = uint32_t(out.size());
    std::memcpy(out.data() + header.directory + 4 * t, &end, 4);
  }
  header.recipe = uint32_t(out.size());
  if (recipe) {
    std::array<packed::QuantTable, 3> quant{};
    for (size_t c = 0; c < image.components.size(); ++c) quant[c] = image.components[c].quant;
    if (!packed::write_recipe(*recipe, std::span(quant).first(image.components.size()), out)) {
      return unsupported("more than 64 MiB of metadata");
    }
  }
  header.bytes = uint32_t(out.size());
  std::memcpy(out.data(), &header, sizeof header);

  // Reading needs bytes behind the payload, which files have.
  out.resize(out.size() + 64);
  const Status again = unpack_image(std::span(out).first(header.bytes), state_->unpacked, nullptr, nullptr, UINT64_MAX);
  out.resize(header.bytes);
  if (!again.ok()) return {"packed.internal", "", "what was packed does not unpack: " + again.errors().front().message};
  if (!same_shown_blocks(image, state_->unpacked)) return {"packed.internal", "", "what was packed unpacks to other coefficients"};
  return {};
}

}  // namespace headrace
