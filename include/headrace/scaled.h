// JPEGs decoded at 4, 2 or 1 of 8 of their size, as libjpeg-turbo does it: by a smaller inverse DCT of the
// same blocks. The `scale` of an image is that many eighths; at 8 it is the whole image.
#pragma once

#include <algorithm>
#include <cstdint>

#include "headrace/planes.h"

namespace headrace {

inline constexpr int kWholeScale = 8;

constexpr bool valid_scale(int64_t scale) { return scale == 1 || scale == 2 || scale == 4 || scale == 8; }

/// Pixels of a scaled row or column, of `length` in the whole image.
constexpr int64_t scaled_length(int64_t length, int64_t scale) { return (length * scale + 7) / 8; }

/// Samples across and down that a block of a component becomes. Chroma that is subsampled both ways has
/// blocks of twice the side, so that below the whole size it need not be upsampled.
constexpr int block_side(const PlaneLayout& layout, int component, int scale) {
  const bool twice = component > 0 && scale < kWholeScale && layout.h_max == 2 && layout.v_max == 2;
  return twice ? 2 * scale : scale;
}

/// How the scaled image is made up of planes, given how the whole one is.
constexpr PlaneLayout scaled_layout(PlaneLayout layout, int scale) {
  if (scale == kWholeScale) return layout;
  if (layout.h_max == 2 && layout.v_max == 2) layout.h_max = layout.v_max = 1;
  layout.interpolated = scale > 1;
  return layout;
}

/// A range of the whole image's rows or columns in the scaled image: the pixels it covers, if only in part,
/// and where in them it lies.
struct ScaledSpan {
  int64_t first = 0, count = 0;     ///< scaled pixels
  int64_t begin8 = 0, length8 = 0;  ///< from the first one on, in eighths of a scaled pixel
};
constexpr ScaledSpan scaled_span(int64_t first, int64_t count, int64_t scale) {
  const int64_t begin = first * scale, end = begin + count * scale;
  return {begin / 8, (end + 7) / 8 - begin / 8, begin % 8, count * scale};
}

/// The range of the whole image's rows or columns, `length` in all, that scaled pixels [first, first + count)
/// are made from; below the whole size with what chroma is interpolated from.
struct SourceSpan {
  int64_t first = 0, count = 0;
};
inline constexpr int64_t kScaledMargin = 2;  ///< scaled pixels
constexpr SourceSpan source_span(int64_t first, int64_t count, int64_t scale, int64_t length) {
  if (scale == kWholeScale) return {first, count};
  const int64_t begin = std::max<int64_t>(first - kScaledMargin, 0) * 8 / scale;
  return {begin, std::min((first + count + kScaledMargin) * 8 / scale, length) - begin};
}

}  // namespace headrace
