#include "kernels/packed/image_decoder.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <iterator>
#include <new>

#include "kernels/decode_limits.h"
#include "kernels/report.h"

namespace headrace::packed {
namespace {

/// Chroma of a pixel is interpolated from what lies up to two pixels away.
constexpr int64_t kMargin = 2;

hr_result report_text(hr_error* error, const char* format, auto... values) {
  char text[HR_ERROR_TEXT];
  std::snprintf(text, sizeof text, format, values...);
  return report(error, HR_E_DECODE, text);
}

hr_result fail_damaged(hr_error* error, const char* reason) {
  return report_text(error, "the packed image is damaged: %s", reason);
}

}  // namespace

ImageDecoder::ImageDecoder(TileDecode decode) : decode_(decode) {}

hr_result ImageDecoder::open(std::span<const uint8_t> bytes, int64_t width, int64_t height, int64_t planes,
                             const DecodeLimits& limits, const PixelRange& r, hr_coefficient_rows& out,
                             hr_error* error) {
  open_ = false;
  if (const char* wrong = open_view(bytes, view_)) return fail_damaged(error, wrong);
  const Header& h = view_.header;
  if (h.width != width || h.height != height || h.planes != planes) {
    return report_text(error, "the packed image is %u x %u of kind %u, its record says %" PRId64 " x %" PRId64 " of kind %" PRId64,
                unsigned{h.width}, unsigned{h.height}, unsigned{h.planes}, width, height, planes);
  }
  const uint64_t pixels = uint64_t{h.width} * h.height;
  if (pixels > limits.max_pixels) return report_limit(error, Limit::pixels, pixels, limits.max_pixels);
  if (r.top < 0 || r.left < 0 || r.rows <= 0 || r.cols <= 0 || r.rows > height - r.top || r.cols > width - r.left) {
    report(error, HR_E_CROP_OUTSIDE, "");
    const int64_t args[6] = {r.top, r.left, r.rows, r.cols, height, width};
    std::copy(std::begin(args), std::end(args), error->args);
    return HR_E_CROP_OUTSIDE;
  }
  const Grid& g = view_.grid;
  const uint32_t tile_pixels = g.tile_wide * 8 * g.h_max;
  first_tile_ = uint32_t(std::max<int64_t>(r.left - kMargin, 0)) / tile_pixels;
  last_tile_ = uint32_t(std::min<int64_t>(r.left + r.cols - 1 + kMargin, width - 1)) / tile_pixels;
  tile_row_ = -1;
  // Not kMaxTileValues: a few bytes can state thousands of small tiles in a row.
  tile_values_ = most_tile_values(size_t{g.tile_wide} * g.tile_high * g.mcu_blocks());
  size_t blocks = 0;
  for (uint32_t c = 0; c < g.components; ++c) {
    base_[c] = blocks;
    blocks += size_t{g.tile_high} * g.component[c].v * g.component[c].blocks_wide;
    for (size_t i = 0; i < 64; ++i) quant_[c][i] = int16_t(view_.quant[c][kTileOrder[i]]);
    out.quant[c] = quant_[c].data();
  }
  if (blocks > UINT16_MAX) return fail_damaged(error, "a row of its tiles is too long");
  const size_t values = (last_tile_ - first_tile_ + 1) * tile_values_ + kOverrun;
  constexpr size_t kBlockBytes = sizeof(uint64_t) + 4 * sizeof(uint32_t) + sizeof(int16_t);
  const uint64_t memory = blocks * kBlockBytes + values * sizeof(int16_t);
  if (memory > limits.max_memory) return report_limit(error, Limit::memory, memory, limits.max_memory);
  try {
    if (!scratch_) scratch_ = std::make_unique<TileScratch>();
    if (masks_.size() < blocks + kOverrun) {
      masks_.resize(blocks + kOverrun);
      offsets_.resize(4 * (blocks + kOverrun));
      dc_.resize(blocks + kOverrun);
    }
    if (values_.size() < values) values_.resize(values);
    if (positions_.empty()) positions_.resize(kMaxTileBlocks + kOverrun);
  } catch (const std::bad_alloc&) {
    return report(error, HR_E_LIMIT, "out of memory while decoding");
  }
  open_ = true;
  return HR_OK;
}

void ImageDecoder::add_up_dc(const TilePart& part, size_t base, uint32_t stride) {
  int16_t above = 0;  // of the first column
  for (uint32_t y = 0; y < part.high; ++y) {
    int16_t* dc = dc_.data() + base + size_t{y} * stride + part.column;
    uint16_t sum = uint16_t(above);
    for (uint32_t x = 0; x < part.wide; ++x) {
      sum = uint16_t(sum + uint16_t(dc[x]));
      dc[x] = int16_t(sum);
    }
    if (part.wide > 0) above = dc[0];
  }
}

const char* ImageDecoder::decode_tile_row(uint32_t row, uint32_t& bad_tile) {
  const Stopwatch::Scope timed(stopwatch_);
  const Grid& g = view_.grid;
  for (uint32_t column = first_tile_; column <= last_tile_; ++column) {
    const auto parts = tile_parts(g, column, row);
    TileInput in;
    for (uint32_t c = 0; c < g.components; ++c) {
      for (uint32_t y = 0; y < parts[c].high; ++y) {
        const size_t first = base_[c] + size_t{y} * g.component[c].blocks_wide + parts[c].column;
        uint16_t* const to = positions_.data() + in.blocks;
        for (uint32_t x = 0; x < parts[c].wide; ++x) to[x] = uint16_t(first + x);
        in.blocks += parts[c].wide;
      }
      if (c == 0) in.luma = in.blocks;
    }
    const uint32_t tile = row * g.tiles_wide + column;
    const uint32_t begin = view_.tile_begin(tile);
    in.data = view_.bytes.data() + begin;
    in.bytes = view_.tile_end(tile) - begin;
    in.lowest = view_.bytes.data();
    in.tables = &table_set(view_.header.table_set);
    in.positions = positions_.data();
    const TileOutput to{masks_.data(), offsets_.data(), dc_.data(), values_.data(),
                        uint32_t((column - first_tile_) * tile_values_)};
    if (const char* wrong = decode_(in, to, *scratch_)) {
      bad_tile = tile;
      return wrong;
    }
    for (uint32_t c = 0; c < g.components; ++c) add_up_dc(parts[c], base_[c], g.component[c].blocks_wide);
  }
  return nullptr;
}

hr_result ImageDecoder::unit(int64_t unit, hr_coefficient_rows& out, hr_error* error) {
  const Grid& g = view_.grid;
  constexpr int64_t kUnitRows = 2;  // MCU rows
  if (!open_ || unit < 0 || unit * kUnitRows >= g.mcus_high) return report(error, HR_E_INTERNAL, "there is no such unit of a packed image");
  const uint32_t mcu_row = uint32_t(unit * kUnitRows);
  const uint32_t tile_row = mcu_row / g.tile_high;
  if (tile_row != tile_row_) {
    uint32_t tile = 0;
    tile_row_ = -1;
    if (const char* wrong = decode_tile_row(tile_row, tile)) {
      return report_text(error, "the packed image is damaged: %s (tile %u)", wrong, tile);
    }
    tile_row_ = tile_row;
  }
  out.values = values_.data();
  for (uint32_t c = 0; c < g.components; ++c) {
    const Grid::Component& k = g.component[c];
    const uint32_t top = mcu_row * k.v, tile_top = tile_row * g.tile_high * k.v;
    for (uint32_t r = 0; r < kUnitRows * k.v; ++r) {
      const uint32_t block_row = std::min(top + r, k.blocks_high - 1);
      const size_t at = base_[c] + size_t{block_row - tile_top} * k.blocks_wide;
      out.rows[c][r] = {masks_.data() + at, offsets_.data() + 4 * at, dc_.data() + at};
    }
  }
  return HR_OK;
}

}  // namespace headrace::packed
