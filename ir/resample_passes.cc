#include "ir/resample_passes.h"

#include <algorithm>

namespace headrace::resample {
namespace {

int16_t clip8(int32_t sum) { return int16_t(std::clamp(sum >> kPillowBits, 0, 255)); }

// One output value of a pass over `taps` inputs `step` apart.
struct Pass {
  bool q14, wide, vertical;

  int16_t operator()(const int16_t* in, size_t step, const int32_t* w, int64_t taps) const {
    if (!q14) {
      int32_t sum = 1 << (kPillowBits - 1);
      for (int64_t t = 0; t < taps; ++t) sum += int32_t(in[size_t(t) * step]) * w[t];
      return clip8(sum);
    }
    // Horizontal input is a u8 pixel p, taken as p - 128; its result has 7 fraction bits. Vertical input has
    // 7 fraction bits, its result 6. Narrow axes round every product (a 16-bit mulhrs), wide ones the sum.
    int32_t sum = 0;
    if (wide) {
      for (int64_t t = 0; t < taps; ++t) {
        const int32_t v = in[size_t(t) * step];
        sum += (vertical ? v : v - 128) * w[t];
      }
      return int16_t(vertical ? (sum + (1 << 14)) >> 15 : (sum + (1 << 6)) >> 7);
    }
    for (int64_t t = 0; t < taps; ++t) {
      const int32_t v = in[size_t(t) * step];
      sum += ((vertical ? v : (v - 128) * 256) * w[t] + (1 << 14)) >> 15;
    }
    return int16_t(sum);
  }
};

}  // namespace

std::vector<int16_t> resample_passes(const std::vector<int16_t>& in, int64_t height, int64_t width,
                                     int64_t channels, const Axes& axes, Arith arith) {
  const Table& h = axes.horizontal;
  const Table& v = axes.vertical;
  const Pass horizontal{arith == Arith::q14, axes.wide_h, false};
  const Pass vertical{arith == Arith::q14, axes.wide_v, true};
  const int64_t out_width = int64_t(h.start.size()), out_height = int64_t(v.start.size());
  auto used_taps = [](const Table& t, int64_t i, int64_t limit) {
    return std::min(t.taps, limit - t.start[size_t(i)]);  // weights beyond the source are zero
  };
  std::vector<int16_t> middle(size_t(height * out_width * channels));
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < out_width; ++x) {
      for (int64_t c = 0; c < channels; ++c) {
        const int16_t* from = &in[size_t((y * width + h.start[size_t(x)]) * channels + c)];
        middle[size_t((y * out_width + x) * channels + c)] =
            horizontal(from, size_t(channels), &h.weight[size_t(x * h.taps)], used_taps(h, x, width));
      }
    }
  }
  const size_t row = size_t(out_width * channels);
  std::vector<int16_t> out(size_t(out_height) * row);
  for (int64_t y = 0; y < out_height; ++y) {
    for (size_t i = 0; i < row; ++i) {
      out[size_t(y) * row + i] = vertical(&middle[size_t(v.start[size_t(y)]) * row + i], row,
                                          &v.weight[size_t(y * v.taps)], used_taps(v, y, height));
    }
  }
  return out;
}

Needed needed(const Table& table, int64_t size) {
  constexpr int64_t kLeastTaps = 2;  // what every way of running a pipeline starts with
  const auto [least, largest] = std::minmax_element(table.start.begin(), table.start.end());
  return {*least, std::min(*largest + std::max(table.taps, kLeastTaps), size)};
}

}  // namespace headrace::resample
