#include "packed_testbed.h"

#include <algorithm>
#include <cstring>

#include "headrace/isa.h"
#include "kernels/decoder.h"
#include "target.h"

namespace headrace::fuzz {
namespace {

/// No value lies further than this in the memory for them, whatever the tiles are: memory follows from the
/// blocks.
uint32_t most_values(const packed::Grid& g) {
  constexpr uint32_t kPerBlock = 63 + 8;  // a tile has at least two blocks, and fills up to 16 slots more
  return kPerBlock * g.mcu_blocks() * g.tile_wide * g.tile_high * g.tiles_wide;
}

/// Each value that the block's mask says, and its DC.
void add_block(const hr_coefficient_rows& rows, const hr_block_row& row, uint32_t column, uint32_t most,
               Fingerprint& sum) {
  const uint64_t mask = row.masks[column];
  if (mask & 1) fail("bit 0 of a mask is 0", "it is 1");
  sum.add(mask);
  sum.add(uint64_t(row.dc[column]));
  for (uint32_t g = 0; g < HR_COEFFICIENT_GROUPS; ++g) {
    const uint32_t offset = row.offsets[4 * column + g];
    if (offset > most) fail("values lie in memory in proportion to the blocks", std::to_string(offset));
    const int16_t* const values = rows.values + offset;
    const int count = __builtin_popcount(uint32_t(mask >> (16 * g)) & 0xFFFF);
    for (int i = 0; i < count; ++i) sum.add(uint64_t(values[i]));
  }
}

/// First and last column of blocks that a rectangle's pixels are made from.
struct Columns {
  uint32_t first, last;
};
Columns columns_of(const packed::Grid& g, uint32_t component, const packed::PixelRange& r, uint32_t width) {
  constexpr int64_t kMargin = 2;
  const uint32_t pixels = 8 * g.h_max / g.component[component].h;
  const int64_t left = std::max<int64_t>(r.left - kMargin, 0);
  const int64_t right = std::min<int64_t>(r.left + r.cols - 1 + kMargin, int64_t{width} - 1);
  return {uint32_t(left / pixels), uint32_t(right / pixels)};
}

}  // namespace

GuardedImage::GuardedImage(std::span<const uint8_t> bytes)
    : size_(bytes.size()), memory_(new uint8_t[bytes.size() + kTail]()) {
  if (!bytes.empty()) std::memcpy(memory_.get(), bytes.data(), bytes.size());
}

std::span<Level> tile_decode_levels() {
  static std::vector<Level> levels = [] {
    std::vector<Level> made;
    made.push_back({"baseline", packed::ImageDecoder(packed::decode_tile_baseline)});
#ifdef HEADRACE_X86_LEVELS
    if (isa_supported(Isa::x86_64_v3)) made.push_back({"v3", packed::ImageDecoder(packed::decode_tile_v3)});
    if (isa_supported(Isa::x86_64_v4_vbmi2)) {
      made.push_back({"vbmi2", packed::ImageDecoder(packed::decode_tile_vbmi2)});
    }
#endif
    return made;
  }();
  return levels;
}

std::string decode_units(Level& level, std::span<const uint8_t> image, const Stated& stated,
                         const packed::PixelRange& range, const DecodeLimits& limits) {
  packed::ImageDecoder& decoder = level.decoder;
  hr_coefficient_rows rows{};
  hr_error error{};
  if (decoder.open(image, stated.width, stated.height, stated.planes, limits, range, rows, &error) != HR_OK) {
    return "opening: " + std::to_string(error.code) + " " + error.text;
  }
  const packed::Grid& g = decoder.view().grid;
  const int64_t unit_rows = int64_t{16} * g.v_max;
  Fingerprint sum;
  for (int64_t unit = range.top / unit_rows; unit <= (range.top + range.rows - 1) / unit_rows; ++unit) {
    if (decoder.unit(unit, rows, &error) != HR_OK)
      return "unit: " + std::to_string(error.code) + " " + error.text;
    for (uint32_t c = 0; c < g.components; ++c) {
      const Columns columns = columns_of(g, c, range, stated.width);
      for (uint32_t r = 0; r < 2 * g.component[c].v; ++r) {
        for (uint32_t x = columns.first; x <= columns.last; ++x)
          add_block(rows, rows.rows[c][r], x, most_values(g), sum);
      }
    }
  }
  return "blocks: " + std::to_string(sum.value());
}

std::vector<uint8_t> decode_rows(std::span<const uint8_t> image, int64_t encoding, const Stated& stated,
                                 const packed::PixelRange& r, std::string& error_text, int scale) {
  static const std::unique_ptr<void, void (*)(void*)> decoder(hr_decoder_create(nullptr), hr_decoder_destroy);
  hr_error error{};
  int64_t window[2] = {};
  error_text.clear();
  hr_result result = hr_image_open_scaled(decoder.get(), image.data(), int64_t(image.size()), stated.width,
                                          stated.height, encoding, int64_t{stated.planes}, scale, r.top,
                                          r.left, r.rows, r.cols, window, &error);
  std::vector<uint8_t> delivered(result == HR_OK ? size_t(window[1] * r.rows) : 0);
  if (result == HR_OK) result = hr_image_rows(decoder.get(), delivered.data(), window[1], r.rows, &error);
  if (result == HR_OK) result = hr_image_close(decoder.get(), &error);
  if (result != HR_OK) {
    error_text = std::to_string(error.code) + " " + error.text;
    return {};
  }
  std::vector<uint8_t> pixels;
  pixels.reserve(size_t(r.rows * r.cols * 3));
  for (int64_t y = 0; y < r.rows; ++y) {
    const auto row = delivered.begin() + y * window[1] + window[0] * 3;
    pixels.insert(pixels.end(), row, row + r.cols * 3);
  }
  return pixels;
}

}  // namespace headrace::fuzz
