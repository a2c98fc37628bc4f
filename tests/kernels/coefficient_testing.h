// A producer of coefficient rows straight from coefficients in memory, without the packed encoding, and other
// ways to a JPEG's component planes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "headrace/planes.h"
#include "kernels/coefficient_rows.h"
#include "kernels/jpeg_coefficients.h"
#include "kernels/jpeg_decode.h"

namespace headrace::testing {

/// Coefficients of a JPEG; a test failure and an image of no components if it has none.
CoefficientImage coefficients_of(std::span<const uint8_t> jpeg);

/// Hands out the units of an image for a rectangle. Blocks no pixel of it depends on hold wild values; a unit
/// that is not needed, or out of order, is a test failure.
class CoefficientRowsOf final : public CoefficientRowsSource {
 public:
  explicit CoefficientRowsOf(const CoefficientImage& image);

  /// What hr_packed_open() would have filled in.
  hr_coefficient_rows open(const PixelRect& rect);

  hr_result unit(int64_t unit, hr_coefficient_rows& out, hr_error* error) override;

  const PlaneLayout& layout() const { return layout_; }
  /// The unit whose decoding fails with HR_E_DECODE, "unit N"; -1: none.
  int64_t fails_at = -1;

 private:
  struct Row {
    std::vector<uint64_t> masks;
    std::vector<uint32_t> offsets;
    std::vector<int16_t> dc;
  };
  void fill(const CoefficientComponent& component, uint32_t block_row, int64_t first, int64_t last, Row& row);

  const CoefficientImage& image_;
  PlaneLayout layout_;
  PixelRect rect_;
  int64_t next_ = 0;
  std::array<std::array<int16_t, 64>, 3> quant_{};
  std::array<std::array<Row, 4>, 3> rows_;
  std::vector<int16_t> values_;
};

/// The component planes as libjpeg's raw output gives them, dense, one after another: an image in
/// HR_ENCODING_YCC.
std::vector<uint8_t> raw_planes(std::span<const uint8_t> jpeg, const PlaneLayout& layout);

}  // namespace headrace::testing
