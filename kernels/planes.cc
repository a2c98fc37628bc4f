#include "kernels/planes.h"

#include <algorithm>
#include <cstring>

#include "kernels/block_samples.h"
#include "kernels/plane_source.h"

namespace headrace {
namespace {

/// The image a packed field holds, and where its planes go.
struct Target {
  const PlaneLayout& layout;
  int64_t width, height;
  uint8_t* const* planes;
};

// Copies the part of a block that lies in the plane.
void place(const uint8_t* block, int64_t top, int64_t left, int64_t width, int64_t height, uint8_t* plane) {
  const int64_t rows = std::min<int64_t>(8, height - top), cols = std::min<int64_t>(8, width - left);
  for (int64_t y = 0; y < rows; ++y)
    std::memcpy(plane + (top + y) * width + left, block + 8 * y, size_t(cols));
}

void place_unit(const hr_coefficient_rows& rows, int64_t unit, const PlaneRect& rect, const Target& to) {
  for (int c = 0; c < to.layout.components; ++c) {
    const int64_t width = plane_width(to.layout, c, to.width), height = plane_height(to.layout, c, to.height);
    const bool halved = c > 0 && to.layout.h_max == 2;
    const int64_t right = rect.left + rect.cols - 1;
    const int64_t first = (halved ? std::max<int64_t>(rect.left / 2 - 1, 0) : rect.left) / 8;
    const int64_t last = (halved ? std::min(right / 2 + 1, width - 1) : right) / 8;
    const int64_t block_rows = c == 0 ? 2 * to.layout.v_max : 2;
    for (int64_t r = 0; r < block_rows; ++r) {
      const int64_t top = 8 * (unit * block_rows + r);
      if (top >= height) break;
      for (int64_t b = first; b <= last; ++b) {
        uint8_t block[64];
        block_samples(rows.rows[c][r], rows.values, rows.quant[c], b, 1, block, 8);
        place(block, top, 8 * b, width, height, to.planes[c]);
      }
    }
  }
}

}  // namespace

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
  hr_coefficient_rows rows{};
  hr_result result =
      hr_packed_open(decoder, field.data, int64_t(field.size), width, height, int64_t(field.planes), rect.top,
                     rect.left, rect.rows, rect.cols, &rows, error);
  const UnitRange units = units_of_rows(layout.v_max, height, rect.top, rect.rows);
  for (int64_t u = units.first; u <= units.last && result == HR_OK; ++u) {
    result = hr_packed_unit(decoder, u, &rows, error);
    if (result == HR_OK) place_unit(rows, u, rect, {layout, width, height, planes});
  }
  return result;
}

}  // namespace headrace
