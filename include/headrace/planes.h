// What the planes word of a plane encoding says (HR_PLANES_*, hr_field.planes): how many component planes
// there are, how large they are, and how libjpeg-turbo interpolates chroma between its samples.
#pragma once

#include <cstdint>

#include "headrace/abi.h"

namespace headrace {

struct PlaneLayout {
  int components = 1;        ///< 1 or 3
  int h_max = 1, v_max = 1;  ///< pixels across and down for one sample of components 1 and 2
  bool rgb = false;          ///< the planes are R, G, B
  bool interpolated = true;  ///< chroma may be interpolated between its samples (fancy_across, fancy_down)
};

/// False if no layout has this word; `layout` then stays as it was.
constexpr bool plane_layout(uint64_t planes, PlaneLayout& layout) {
  switch (planes) {
    case HR_PLANES_GRAY:
      layout = {1, 1, 1, false};
      return true;
    case HR_PLANES_444:
      layout = {3, 1, 1, false};
      return true;
    case HR_PLANES_422:
      layout = {3, 2, 1, false};
      return true;
    case HR_PLANES_420:
      layout = {3, 2, 2, false};
      return true;
    case HR_PLANES_440:
      layout = {3, 1, 2, false};
      return true;
    case HR_PLANES_444 | HR_PLANES_RGB:
      layout = {3, 1, 1, true};
      return true;
    default:
      return false;
  }
}

/// Samples in a row of a component's plane (libjpeg's downsampled_width), and its rows.
constexpr int64_t plane_width(const PlaneLayout& layout, int component, int64_t width) {
  return component == 0 ? width : (width + layout.h_max - 1) / layout.h_max;
}
constexpr int64_t plane_height(const PlaneLayout& layout, int component, int64_t height) {
  return component == 0 ? height : (height + layout.v_max - 1) / layout.v_max;
}

/// The largest width and height of an image in a plane encoding.
inline constexpr int64_t kMaxPlaneSide = 65535;

/// Bytes of an image in encoding HR_ENCODING_YCC. Width and height are at most kMaxPlaneSide.
constexpr uint64_t plane_bytes(const PlaneLayout& layout, int64_t width, int64_t height) {
  uint64_t bytes = 0;
  for (int c = 0; c < layout.components; ++c) {
    bytes += uint64_t(plane_width(layout, c, width)) * uint64_t(plane_height(layout, c, height));
  }
  return bytes;
}

/// Whether chroma is interpolated across (or down) by a triangle filter (3/4 of the sample a pixel lies in,
/// 1/4 of the next nearest) rather than repeated. False where the axis is not subsampled.
constexpr bool fancy_across(const PlaneLayout& layout, int64_t width) {
  return layout.interpolated && layout.h_max == 2 && plane_width(layout, 1, width) > 2;
}
constexpr bool fancy_down(const PlaneLayout& layout, int64_t width) {
  return layout.interpolated && layout.v_max == 2 && (layout.h_max == 1 || plane_width(layout, 1, width) > 2);
}

}  // namespace headrace
