#include "packed_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "kernels/packed/packed_image.h"

namespace headrace::testing {

CoefficientImage draw_coefficients(uint32_t planes, uint32_t width, uint32_t height, Drawn drawn,
                                   std::mt19937& rng) {
  const packed::Grid grid(planes, width, height);
  CoefficientImage image;
  image.width = width;
  image.height = height;
  image.h_max = uint8_t(grid.h_max);
  image.v_max = uint8_t(grid.v_max);
  image.color = grid.components == 1       ? CoefficientColor::gray
                : (planes & HR_PLANES_RGB) ? CoefficientColor::rgb
                                           : CoefficientColor::ycbcr;
  auto draw = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(rng); };
  for (uint32_t c = 0; c < grid.components; ++c) {
    CoefficientComponent k;
    k.id = uint8_t(c + 1);
    k.h_samp = uint8_t(grid.component[c].h);
    k.v_samp = uint8_t(grid.component[c].v);
    k.blocks_wide = grid.component[c].blocks_wide;
    k.blocks_high = grid.component[c].blocks_high;
    k.padded_wide = grid.mcus_wide * k.h_samp;
    k.padded_high = grid.mcus_high * k.v_samp;
    for (uint16_t& step : k.quant) step = uint16_t(draw(1, drawn == Drawn::extreme ? 32767 : 120));
    k.blocks.resize(size_t{k.padded_wide} * k.padded_high);
    int dc = 0;
    for (CoefficientBlock& block : k.blocks) {
      block.fill(0);
      if (drawn == Drawn::photo) {
        dc += draw(-40, 40);
        const int last = draw(0, 3) == 0 ? draw(0, 63) : draw(0, 12);
        for (int i = 1; i <= last; ++i) {
          const int at = draw(0, 7) < 5 ? i : draw(1, 63);
          if (draw(0, 2) == 0) block[size_t(at)] = int16_t(draw(-20, 20) / (1 + at / 8));
        }
      } else {
        dc = draw(std::max(-1024, dc - 2047), std::min(1023, dc + 2047));
        const int density = drawn == Drawn::full ? 0 : draw(0, 6);
        for (size_t i = 1; i < 64; ++i) {
          if (density > 0 && draw(0, density) > 0) continue;
          int v = draw(0, 2) == 0 ? draw(-1023, 1023) : draw(0, 1) ? draw(-300, 300) : draw(-18, 18);
          if (drawn == Drawn::full && v == 0) v = 1;
          block[i] = int16_t(v);
        }
      }
      block[0] = int16_t(dc);
    }
    image.components.push_back(std::move(k));
  }
  return image;
}

std::vector<uint8_t> pack_for_test(const CoefficientImage& image) {
  ImagePacker packer;
  std::vector<uint8_t> bytes;
  const Status status =
      packer.pack(image, nullptr, false, image.width % 2 ? PackEffort::small : PackEffort::fast, bytes);
  EXPECT_TRUE(status.ok()) << status.to_string();
  bytes.resize(bytes.size() + 64);
  return bytes;
}

std::span<const uint8_t> image_bytes(const std::vector<uint8_t>& with_tail) {
  return std::span(with_tail).first(with_tail.size() - 64);
}

Status unpack_image(std::span<const uint8_t> bytes, CoefficientImage& image, JpegRecipe* recipe,
                    RecipeState* state, const DecodeLimits& limits) {
  return ImageUnpacker().unpack(bytes, limits, image, recipe, state);
}

std::string compare_blocks(const CoefficientImage& a, const CoefficientImage& b) {
  if (a.width != b.width || a.height != b.height || a.color != b.color ||
      a.components.size() != b.components.size())
    return "other images";
  for (size_t c = 0; c < a.components.size(); ++c) {
    const CoefficientComponent &x = a.components[c], &y = b.components[c];
    if (x.quant != y.quant) return "quantisation of component " + std::to_string(c);
    for (uint32_t row = 0; row < x.blocks_high; ++row) {
      for (uint32_t column = 0; column < x.blocks_wide; ++column) {
        if (x.block(row, column) != y.block(row, column)) {
          return "component " + std::to_string(c) + " block " + std::to_string(row) + ", " +
                 std::to_string(column);
        }
      }
    }
  }
  return "";
}

namespace {

CoefficientBlock expand(const hr_coefficient_rows& rows, const hr_block_row& row, uint32_t column) {
  CoefficientBlock block{};
  block[0] = row.dc[column];
  const uint64_t mask = row.masks[column];
  if (mask & 1) return block;
  for (uint32_t g = 0; g < 4; ++g) {
    const int16_t* value = rows.values + row.offsets[4 * column + g];
    for (uint32_t i = 16 * g; i < 16 * g + 16; ++i) {
      if (mask >> i & 1) block[kTileOrder[i]] = *value++;
    }
  }
  return block;
}

}  // namespace

std::string compare_rectangle(packed::ImageDecoder& decoder, std::span<const uint8_t> bytes,
                              const CoefficientImage& image, const packed::PixelRange& r) {
  hr_coefficient_rows rows{};
  hr_error error{};
  if (decoder.open(bytes, image.width, image.height, bytes[1], {}, r, rows, &error) != HR_OK)
    return error.text;
  for (size_t c = 0; c < image.components.size(); ++c) {
    for (size_t i = 0; i < 64; ++i) {
      if (rows.quant[c][i] != image.components[c].quant[kTileOrder[i]]) return "quant";
    }
  }
  const int64_t top = std::max<int64_t>(r.top - 2, 0),
                end = std::min<int64_t>(r.top + r.rows + 2, image.height);
  const int64_t left = std::max<int64_t>(r.left - 2, 0),
                right = std::min<int64_t>(r.left + r.cols + 2, image.width);
  const int64_t unit_rows = 16 * image.v_max;
  for (int64_t unit = top / unit_rows; unit * unit_rows < end; ++unit) {
    if (decoder.unit(unit, rows, &error) != HR_OK) return error.text;
    for (size_t c = 0; c < image.components.size(); ++c) {
      const CoefficientComponent& k = image.components[c];
      const uint32_t sub_h = image.h_max / k.h_samp;
      for (uint32_t row = 0; row < 2u * k.v_samp; ++row) {
        const uint32_t block_row = std::min(uint32_t(unit) * 2 * k.v_samp + row, k.blocks_high - 1);
        for (int64_t x = left / sub_h / 8; x <= (right - 1) / sub_h / 8; ++x) {
          if (expand(rows, rows.rows[c][row], uint32_t(x)) != k.block(block_row, uint32_t(x))) {
            return "component " + std::to_string(c) + " block " + std::to_string(block_row) + ", " +
                   std::to_string(x);
          }
        }
      }
    }
  }
  return "";
}

}  // namespace headrace::testing
