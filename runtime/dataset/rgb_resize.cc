#include "runtime/dataset/rgb_resize.h"

#include <algorithm>
#include <cmath>

namespace headrace {
namespace {

constexpr int kFraction = 22;                    // bits behind the point in weights
constexpr int32_t kHalf = 1 << (kFraction - 1);  // rounds the shifted sum to nearest

uint8_t to_byte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kFraction, 0, 255)); }

/// side * target / reference, rounded half up, at least 1.
uint32_t scaled(uint64_t side, uint64_t target, uint64_t reference) {
  return static_cast<uint32_t>(std::max<uint64_t>(1, (2 * side * target + reference) / (2 * reference)));
}

}  // namespace

RgbSize limited_size(RgbSize s, std::optional<uint32_t> max_side, std::optional<uint32_t> short_side) {
  if (!max_side && !short_side) return s;
  const uint32_t target = max_side ? *max_side : *short_side;
  const uint32_t reference = max_side ? std::max(s.width, s.height) : std::min(s.width, s.height);
  if (reference <= target) return s;
  return {scaled(s.width, target, reference), scaled(s.height, target, reference)};
}

void RgbResizer::make_taps(uint32_t in, uint32_t out, Taps& taps) {
  const double scale = static_cast<double>(in) / out;
  const double support = std::max(scale, 1.0);  // the triangle's half width in input pixels
  const double inverse = 1.0 / support;
  taps.per_output = static_cast<uint32_t>(std::ceil(support)) * 2 + 1;
  taps.first.resize(out);
  taps.count.resize(out);
  taps.weights.assign(size_t{out} * taps.per_output, 0);
  std::vector<double> w(taps.per_output);
  for (uint32_t o = 0; o < out; ++o) {
    const double center = (o + 0.5) * scale;
    const auto low = static_cast<int64_t>(center - support + 0.5);
    const auto high = static_cast<int64_t>(center + support + 0.5);
    const int64_t first = std::max<int64_t>(low, 0);
    const int64_t count = std::min<int64_t>(high, in) - first;
    double total = 0.0;
    for (int64_t k = 0; k < count; ++k) {
      const double distance = std::fabs((static_cast<double>(k + first) - center + 0.5) * inverse);
      w[static_cast<size_t>(k)] = distance < 1.0 ? 1.0 - distance : 0.0;
      total += w[static_cast<size_t>(k)];
    }
    taps.first[o] = static_cast<uint32_t>(first);
    taps.count[o] = static_cast<uint32_t>(count);
    for (int64_t k = 0; k < count; ++k) {
      const double weight = total != 0.0 ? w[static_cast<size_t>(k)] / total : w[static_cast<size_t>(k)];
      taps.weights[size_t{o} * taps.per_output + static_cast<size_t>(k)] =
          static_cast<int32_t>(0.5 + weight * (1 << kFraction));
    }
  }
}

std::vector<uint8_t> RgbResizer::resize(std::span<const uint8_t> src, RgbSize from, RgbSize to) {
  const size_t out_row = size_t{to.width} * 3;
  make_taps(from.width, to.width, taps_);
  rows_.resize(out_row * from.height);
  for (size_t y = 0; y < from.height; ++y) {
    const uint8_t* line = src.data() + y * from.width * 3;
    uint8_t* dst = rows_.data() + y * out_row;
    for (size_t x = 0; x < to.width; ++x) {
      const int32_t* weight = taps_.weights.data() + x * taps_.per_output;
      const uint8_t* p = line + size_t{taps_.first[x]} * 3;
      int32_t r = kHalf, g = kHalf, b = kHalf;
      for (uint32_t k = 0; k < taps_.count[x]; ++k, p += 3) {
        r += p[0] * weight[k];
        g += p[1] * weight[k];
        b += p[2] * weight[k];
      }
      dst[x * 3] = to_byte(r);
      dst[x * 3 + 1] = to_byte(g);
      dst[x * 3 + 2] = to_byte(b);
    }
  }

  make_taps(from.height, to.height, taps_);
  std::vector<uint8_t> out(out_row * to.height);
  sums_.resize(out_row);
  for (size_t y = 0; y < to.height; ++y) {
    std::fill(sums_.begin(), sums_.end(), kHalf);
    for (uint32_t k = 0; k < taps_.count[y]; ++k) {
      const int32_t weight = taps_.weights[y * taps_.per_output + k];
      const uint8_t* line = rows_.data() + (size_t{taps_.first[y]} + k) * out_row;
      for (size_t i = 0; i < out_row; ++i) sums_[i] += line[i] * weight;
    }
    uint8_t* dst = out.data() + y * out_row;
    for (size_t i = 0; i < out_row; ++i) dst[i] = to_byte(sums_[i]);
  }
  return out;
}

}  // namespace headrace
