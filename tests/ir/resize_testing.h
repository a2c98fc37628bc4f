// Images for tests of resampling, and the golden results that Pillow and OpenCV gave.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/graph_interp.h"

namespace headrace::ir_testing {

/// Bytes of a linear congruential generator: noise, or only 0 and 255 (make_resize_golden.py's source()).
graph::ImageValue make_image(int64_t width, int64_t height, uint32_t seed, bool extremes = false);

/// The whole image resized, without mirroring.
graph::ImageValue resize(const graph::ImageValue& in, geometry::Size size, const std::string& filter,
                         const std::string& arith = "pillow8");

struct Golden {
  std::string filter;
  int64_t width = 0, height = 0, to_width = 0, to_height = 0;
  uint32_t seed = 0;
  bool extremes = false;
  graph::ImageBox box;  ///< of filter "bilinear_box"
  std::vector<int16_t> pixels;

  std::string name() const;
};

/// The cases of resize_golden.txt for one filter.
std::vector<Golden> read_goldens(const std::string& filter);

}  // namespace headrace::ir_testing
