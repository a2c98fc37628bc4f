// The coefficient-row producer over a packed image: decodes the tiles a rectangle needs, a row of tiles at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "headrace/limits.h"
#include "kernels/coefficient_rows.h"
#include "kernels/packed/tile_decode.h"
#include "kernels/packed/view.h"
#include "kernels/stopwatch.h"

namespace headrace::packed {

/// Rows and columns of pixels.
struct PixelRange {
  int64_t top, left, rows, cols;
};

/// For one thread at a time; keeps its memory from image to image.
class ImageDecoder final : public CoefficientRowsSource {
 public:
  explicit ImageDecoder(TileDecode decode = best_tile_decode());

  /// As hr_packed_open().
  hr_result open(std::span<const uint8_t> bytes, int64_t width, int64_t height, int64_t planes,
                 const DecodeLimits& limits, const PixelRange& range, hr_coefficient_rows& out,
                 hr_error* error);

  hr_result unit(int64_t unit, hr_coefficient_rows& out, hr_error* error) override;

  const View& view() const { return view_; }

  /// Of entropy decoding.
  Stopwatch& stopwatch() { return stopwatch_; }

 private:
  const char* decode_tile_row(uint32_t row, uint32_t& bad_tile);
  void add_up_dc(const TilePart& part, size_t base, uint32_t stride);

  TileDecode decode_;
  View view_;
  bool open_ = false;
  uint32_t first_tile_ = 0, last_tile_ = 0;  ///< tile columns that are decoded
  int64_t tile_row_ = -1;                    ///< which is in memory
  size_t tile_values_ = 0;                   ///< elements of values_ for a tile
  std::array<size_t, 3> base_{};             ///< position of each component's first block in a row of tiles
  std::array<std::array<int16_t, 64>, 3> quant_{};
  std::vector<uint64_t> masks_;
  std::vector<uint32_t> offsets_;
  std::vector<int16_t> dc_, values_;
  std::vector<uint16_t> positions_;
  std::unique_ptr<TileScratch> scratch_;
  Stopwatch stopwatch_;
};

}  // namespace headrace::packed
