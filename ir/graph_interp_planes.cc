// Resizing in component planes: the meaning of resample {planes=1}.
#include <algorithm>

#include "ir/chroma_table.h"
#include "ir/graph_interp.h"

namespace headrace::graph {
namespace {

using geometry::Rect;
using geometry::Size;

// (a b + 2^14) >> 15
int32_t mulhrs(int32_t a, int32_t b) { return (a * b + (1 << 14)) >> 15; }

// Black and white in q6.
constexpr int32_t kLowest = (0 - 128) * 64, kHighest = (255 - 128) * 64;

int16_t clamped(int32_t v) { return int16_t(std::clamp(v, kLowest, kHighest)); }

std::vector<int16_t> rectangle(const std::vector<uint8_t>& plane, int64_t width, const Rect& r) {
  std::vector<int16_t> out;
  out.reserve(size_t(r.height * r.width));
  for (int64_t y = r.top; y < r.top + r.height; ++y) {
    const auto row = plane.begin() + y * width + r.left;
    out.insert(out.end(), row, row + r.width);
  }
  return out;
}

}  // namespace

// 16 bits hold every sum. Resampled values lie in -8216..8152: the weights of an axis sum to 1, the products
// of a narrow axis, 32 at most, are off by 1/2 each, so that horizontal results lie in -16400..16272 and
// vertical ones in half of that and 16 more. The products here then are at most 3303, 2828, 5867 and 1873,
// and no sum, added in the order written, exceeds 8216 + 2 * 8216 = 24648.
std::array<int16_t, 3> ycc_to_rgb_q6(int16_t y, int16_t cb, int16_t cr) {
  return {clamped(y + cr + mulhrs(cr, 13173)), clamped(y - mulhrs(cb, 11277) - mulhrs(cr, 23401)),
          clamped(y + cb + cb - mulhrs(cb, 7471))};
}

ImageValue resize_planes(std::span<const std::vector<uint8_t>> planes, const PlaneLayout& layout, Size image,
                         const Rect& rect, const resample::Axes& luma) {
  using namespace resample;
  const std::vector<int16_t> y =
      resample_passes(rectangle(planes[0], image.width, rect), rect.height, rect.width, 1, luma, Arith::q14);
  std::vector<int16_t> chroma[2];
  if (layout.components == 3) {
    // On an axis that is subsampled the composed table reads the whole plane; on another the luma table reads
    // the rectangle. Narrow or wide is the luma's choice.
    Axes axes = luma;
    Rect part = rect;
    if (layout.h_max == 2) {
      part.left = 0;
      part.width = plane_width(layout, 1, image.width);
      axes.horizontal =
          compose_chroma(luma.horizontal, {rect.left, part.width, fancy_across(layout, image.width)});
    }
    if (layout.v_max == 2) {
      part.top = 0;
      part.height = plane_height(layout, 1, image.height);
      axes.vertical = compose_chroma(luma.vertical, {rect.top, part.height, fancy_down(layout, image.width)});
    }
    for (size_t c = 0; c < 2; ++c) {
      const std::vector<int16_t> samples =
          rectangle(planes[c + 1], plane_width(layout, 1, image.width), part);
      chroma[c] = resample_passes(samples, part.height, part.width, 1, axes, Arith::q14);
    }
  }
  ImageValue out;
  out.elem = Elem::q6;
  out.height = int64_t(luma.vertical.start.size());
  out.width = int64_t(luma.horizontal.start.size());
  out.ints.reserve(y.size() * 3);
  for (size_t i = 0; i < y.size(); ++i) {
    const bool gray = layout.components == 1;
    const auto rgb = ycc_to_rgb_q6(y[i], gray ? int16_t(0) : chroma[0][i], gray ? int16_t(0) : chroma[1][i]);
    out.ints.insert(out.ints.end(), rgb.begin(), rgb.end());
  }
  return out;
}

}  // namespace headrace::graph
