// How far apart two results are, in 1/255 of the range of pixels.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "tests/compiler/program_testing.h"

namespace headrace::testing {

/// Absolute differences of the first outputs, which are f32 from 0 to 1.
inline std::vector<double> pixel_differences(const RunResult& a, const RunResult& b) {
  std::vector<double> d(a.outputs[0].size() / sizeof(float));
  for (size_t i = 0; i < d.size(); ++i) {
    float x, y;
    std::memcpy(&x, &a.outputs[0][i * sizeof x], sizeof x);
    std::memcpy(&y, &b.outputs[0][i * sizeof y], sizeof y);
    d[i] = std::fabs(double(x) - double(y)) * 255;
  }
  return d;
}

struct Distance {
  double mean = 0, p999 = 0, largest = 0;  ///< p999: 99.9 % of the differences are not larger
};

inline Distance distance_of(std::vector<double> d) {
  Distance result;
  for (const double v : d) result.mean += v / double(d.size());
  const auto at = d.begin() + ptrdiff_t(double(d.size()) * 0.999);
  std::nth_element(d.begin(), at, d.end());
  result.p999 = *at;
  result.largest = *std::max_element(d.begin(), d.end());
  return result;
}

}  // namespace headrace::testing
