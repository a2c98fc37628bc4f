#include <array>
#include <cstring>
#include <new>

#include "headrace/limits.h"
#include "kernels/packed/decode_blocks.h"
#include "kernels/packed/image_decoder.h"
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
  packed::ImageDecoder decoder;

  Status pack(const CoefficientImage& image, const JpegRecipe* recipe, bool byte_exact, PackEffort effort,
              std::vector<uint8_t>& out);
  /// Appends directory and tiles, and notes where they are.
  Status write_tiles(const CoefficientImage& image, const Grid& grid, PackEffort effort,
                     packed::Header& header, std::vector<uint8_t>& out);
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

Status unsupported(const char* reason) { return {"packed.unsupported", "", reason}; }

Status internal(std::string what) { return {"packed.internal", "", "what was packed " + std::move(what)}; }

/// Header fields that do not depend on the tiles' bytes.
packed::Header header_of(const CoefficientImage& image, const Grid& grid, uint8_t flags) {
  packed::Header header;
  header.planes = uint8_t(coefficient_planes(image));
  header.width = uint16_t(image.width);
  header.height = uint16_t(image.height);
  header.tile_wide = uint16_t(grid.tile_wide);
  header.tile_high = uint16_t(grid.tile_high);
  header.flags = flags;
  return header;
}

/// Ok if what was packed decodes to the image's blocks. 64 bytes follow it.
Status check_packed(packed::ImageDecoder& decoder, std::span<const uint8_t> bytes,
                    const CoefficientImage& image) {
  constexpr DecodeLimits kNone{.max_pixels = UINT64_MAX, .max_scans = UINT32_MAX, .max_memory = UINT64_MAX};
  hr_coefficient_rows rows{};
  hr_error error{};
  const packed::PixelRange whole{0, 0, image.height, image.width};
  const int64_t planes = coefficient_planes(image);
  if (decoder.open(bytes, image.width, image.height, planes, kNone, whole, rows, &error) != HR_OK) {
    return internal(std::string("does not open: ") + error.text);
  }
  const packed::View& view = decoder.view();
  bool same = true;
  for (size_t c = 0; c < image.components.size(); ++c) {
    const CoefficientComponent& k = image.components[c];
    const Grid::Component& g = view.grid.component[c];
    same &= g.blocks_wide == k.blocks_wide && g.blocks_high == k.blocks_high && view.quant[c] == k.quant;
  }
  const auto compare = [&](uint32_t c, uint32_t block_row, const int16_t* values, const hr_block_row& row) {
    const CoefficientComponent& k = image.components[c];
    CoefficientBlock block;
    for (uint32_t x = 0; same && x < k.blocks_wide; ++x) {
      packed::expand_block(values, row, x, block);
      same = block == k.block(block_row, x);
    }
  };
  if (same && packed::decode_block_rows(decoder, rows, &error, compare) != HR_OK) {
    return internal(std::string("does not decode: ") + error.text);
  }
  return same ? Status() : internal("has other coefficients");
}

}  // namespace

Status ImagePacker::State::write_tiles(const CoefficientImage& image, const Grid& grid, PackEffort effort,
                                       packed::Header& header, std::vector<uint8_t>& out) {
  const size_t tile_count = size_t{grid.tiles_wide} * grid.tiles_high;
  if (tiles.size() < tile_count) tiles.resize(tile_count);
  for (uint32_t row = 0, t = 0; row < grid.tiles_high; ++row) {
    for (uint32_t column = 0; column < grid.tiles_wide; ++column, ++t) {
      packed::model_tile(image, grid, column, row, tiles[t]);
    }
  }
  const bool all = effort == PackEffort::small;
  header.table_set =
      uint8_t(best_set(tile_count, all ? packed::table_set_count() : packed::fast_table_sets()));
  header.directory = uint32_t(out.size());
  out.resize(out.size() + 4 * tile_count);
  for (size_t t = 0; t < tile_count; ++t) {
    if (!packed::encode_tile(tiles[t], packed::table_set(header.table_set), out)) {
      return unsupported("coefficients that no JPEG of 8 bits has");
    }
    if (out.size() > UINT32_MAX / 2) return unsupported("more than 2 GiB of coefficients");
    const uint32_t end = uint32_t(out.size());
    std::memcpy(out.data() + header.directory + 4 * t, &end, 4);
  }
  header.recipe = uint32_t(out.size());
  return {};
}

Status ImagePacker::State::pack(const CoefficientImage& image, const JpegRecipe* recipe, bool byte_exact,
                                PackEffort effort, std::vector<uint8_t>& out) {
  for (const CoefficientComponent& c : image.components) {
    for (const uint16_t step : c.quant) {
      if (step > INT16_MAX) return unsupported("quantisation steps above 32767");
    }
  }
  Grid grid(coefficient_planes(image), image.width, image.height);
  grid.choose_tiles();
  const int flags = (recipe ? packed::kHasRecipe : 0) | (recipe && byte_exact ? packed::kByteExact : 0);
  packed::Header header = header_of(image, grid, uint8_t(flags));
  out.assign(sizeof header, 0);
  write_quant(image, header, out);
  HR_RETURN_IF_ERROR(write_tiles(image, grid, effort, header, out));
  if (recipe) {
    std::array<packed::QuantTable, 3> quant{};
    for (size_t c = 0; c < image.components.size(); ++c) quant[c] = image.components[c].quant;
    const std::span<const packed::QuantTable> tables = std::span(quant).first(image.components.size());
    if (const char* wrong = packed::write_recipe(*recipe, tables, out)) return unsupported(wrong);
    const uint64_t most = max_rebuilt_bytes(out.size());
    if (recipe->file_bytes > most || recipe->headers.size() + recipe->extra.size() > most) {
      return unsupported("more than 64 times as long as packed");
    }
  }
  header.bytes = uint32_t(out.size());
  std::memcpy(out.data(), &header, sizeof header);

  // Reading needs bytes behind the payload, which files have.
  out.resize(out.size() + 64);
  Status same = check_packed(decoder, std::span(out).first(header.bytes), image);
  out.resize(header.bytes);
  return same;
}

ImagePacker::ImagePacker() : state_(std::make_unique<State>()) {}
ImagePacker::~ImagePacker() = default;
ImagePacker::ImagePacker(ImagePacker&&) noexcept = default;
ImagePacker& ImagePacker::operator=(ImagePacker&&) noexcept = default;

Status ImagePacker::pack(const CoefficientImage& image, const JpegRecipe* recipe, bool byte_exact,
                         PackEffort effort, std::vector<uint8_t>& out) try {
  return state_->pack(image, recipe, byte_exact, effort, out);
} catch (const std::bad_alloc&) {
  return {"decode.limit", "", "out of memory while packing an image"};
}

}  // namespace headrace
