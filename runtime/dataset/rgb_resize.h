// Shrinking decoded images while a dataset is written: antialiased bilinear in integers, bit for bit what
// Pillow's 8-bit `Image.resize(size, Resampling.BILINEAR)` gives (horizontal pass first, as in every Pillow
// before 13), so that every machine writes the same file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace headrace {

struct RgbSize {
  uint32_t width = 0, height = 0;
  friend bool operator==(const RgbSize&, const RgbSize&) = default;
};

/// The size after limiting the long side (max_side) or the short side (short_side) to that many pixels; the
/// other side is rounded half up, at least 1. Images are never enlarged.
RgbSize limited_size(RgbSize size, std::optional<uint32_t> max_side, std::optional<uint32_t> short_side);

/// Keeps its scratch memory from image to image; for one thread at a time.
class RgbResizer {
 public:
  /// `src`: from.height x from.width x 3 bytes, row-major. The result has to.height x to.width x 3 bytes.
  std::vector<uint8_t> resize(std::span<const uint8_t> src, RgbSize from, RgbSize to);

 private:
  /// For each output position the input positions it is made of, with weights that sum to about 2^22.
  struct Taps {
    uint32_t per_output = 0;
    std::vector<uint32_t> first, count;
    std::vector<int32_t> weights;  ///< per_output for each output
  };
  static void make_taps(uint32_t in, uint32_t out, Taps& taps);

  Taps taps_;
  std::vector<uint8_t> rows_;  ///< after the horizontal pass
  std::vector<int32_t> sums_;  ///< one output row of the vertical pass
};

}  // namespace headrace
