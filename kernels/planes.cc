#include "kernels/planes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/block_samples.h"
#include "kernels/idct.h"
#include "kernels/jpeg_zigzag.h"
#include "kernels/plane_source.h"

namespace headrace {
namespace {

/// The scaled image that a packed field holds, and where its planes go.
struct Target {
  PlaneLayout stored, layout;  ///< of the whole image, of the scaled one
  int64_t width, height;
  uint8_t* const* planes;
};

// Copies the part of a block that lies in the plane.
void place(const uint8_t* block, int side, int64_t top, int64_t left, int64_t width, int64_t height,
           uint8_t* plane) {
  const int64_t rows = std::min<int64_t>(side, height - top), cols = std::min<int64_t>(side, width - left);
  for (int64_t y = 0; y < rows; ++y)
    std::memcpy(plane + (top + y) * width + left, block + side * y, size_t(cols));
}

void place_unit(const hr_coefficient_rows& rows, int64_t unit, const PlaneRect& rect, const Target& to) {
  for (int c = 0; c < to.layout.components; ++c) {
    const int64_t width = plane_width(to.layout, c, to.width), height = plane_height(to.layout, c, to.height);
    const int side = block_side(to.stored, c, rect.scale);
    const bool halved = c > 0 && to.layout.h_max == 2;
    const int64_t right = rect.left + rect.cols - 1;
    const int64_t first = (halved ? std::max<int64_t>(rect.left / 2 - 1, 0) : rect.left) / side;
    const int64_t last = (halved ? std::min(right / 2 + 1, width - 1) : right) / side;
    const int64_t block_rows = c == 0 ? 2 * to.stored.v_max : 2;
    for (int64_t r = 0; r < block_rows; ++r) {
      const int64_t top = side * (unit * block_rows + r);
      if (top >= height) break;
      for (int64_t b = first; b <= last; ++b) {
        uint8_t block[64];
        block_samples(rows.rows[c][r], rows.values, rows.quant[c], b, 1, side, block, side);
        place(block, side, top, side * b, width, height, to.planes[c]);
      }
    }
  }
}

/// Products wrap to 16 bits, as block_samples() has them.
void block_of(const CoefficientBlock& from, const std::array<uint16_t, 64>& quant, uint8_t* samples) {
  const auto dequantised = [&](size_t i) { return int16_t(uint32_t(from[i]) * quant[i]); };
  if ((jpeg::nonzero_natural(from.data()) & ~uint64_t{1}) == 0) {
    std::memset(samples, idct_flat(dequantised(0)), 64);
    return;
  }
  alignas(64) CoefficientBlock coefficients;
  for (size_t i = 0; i < 64; ++i) coefficients[i] = dequantised(i);
  idct_islow(coefficients.data(), samples, 8);
}

}  // namespace

void decode_planes(const CoefficientImage& image, uint8_t* const* planes) {
  for (size_t c = 0; c < image.components.size(); ++c) {
    const CoefficientComponent& k = image.components[c];
    const int64_t h = image.h_max / k.h_samp, v = image.v_max / k.v_samp;
    const int64_t width = (image.width + h - 1) / h, height = (image.height + v - 1) / v;
    for (uint32_t row = 0; row < k.blocks_high; ++row) {
      for (uint32_t column = 0; column < k.blocks_wide; ++column) {
        alignas(16) uint8_t samples[64];
        block_of(k.block(row, column), k.quant, samples);
        place(samples, 8, 8 * int64_t{row}, 8 * int64_t{column}, width, height, planes[c]);
      }
    }
  }
}

hr_result read_planes(void* decoder, const hr_field& field, const PlaneRect& rect, uint8_t* const* planes,
                      hr_error* error) {
  PlaneLayout layout;
  const int64_t width = field.width, height = field.height;
  if (const hr_result r = known_layout(field.planes, width, height, layout, error)) return r;
  if (field.encoding == HR_ENCODING_YCC) {
    if (const hr_result r = long_enough(layout, width, height, field.size, error)) return r;
    const uint8_t* from = field.data;
    for (int c = 0; c < layout.components; ++c) {
      const auto bytes = size_t(plane_width(layout, c, width) * plane_height(layout, c, height));
      std::memcpy(planes[c], from, bytes);
      from += bytes;
    }
    return HR_OK;
  }
  const int scale = rect.scale;
  const Target to{layout, scaled_layout(layout, scale), scaled_length(width, scale),
                  scaled_length(height, scale), planes};
  const SourceSpan down = source_span(rect.top, rect.rows, scale, height),
                   across = source_span(rect.left, rect.cols, scale, width);
  hr_coefficient_rows rows{};
  hr_result result =
      hr_packed_open(decoder, field.data, int64_t(field.size), width, height, int64_t(field.planes),
                     down.first, across.first, down.count, across.count, &rows, error);
  const UnitRange units = units_of_rows(to.layout, 2 * layout.v_max * scale, to.height, rect.top, rect.rows);
  for (int64_t u = units.first; u <= units.last && result == HR_OK; ++u) {
    result = hr_packed_unit(decoder, u, &rows, error);
    if (result == HR_OK) place_unit(rows, u, rect, to);
  }
  return result;
}

}  // namespace headrace
