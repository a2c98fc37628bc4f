#include "ir/mixing.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "headrace/philox.h"
#include "ir/numeric.h"

namespace headrace::mixing {
namespace {

philox::Block draw(const hr_key& key, std::string_view rng_id, uint32_t number) {
  return philox::draw(philox::op_key(key.seed, philox::op_hash(rng_id)), key.epoch, key.sample, number);
}

float load_element(const uint8_t* p, graph::Elem elem) {
  if (elem == graph::Elem::u8) return float(*p);
  if (elem == graph::Elem::f32) {
    float v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }
  uint16_t half;
  std::memcpy(&half, p, sizeof half);
  return elem == graph::Elem::f16 ? num::f16_to_f32(half) : num::bf16_to_f32(half);
}

void store_element(uint8_t* p, graph::Elem elem, float v) {
  if (elem == graph::Elem::u8) {
    *p = num::f32_to_u8(v);
  } else if (elem == graph::Elem::f32) {
    std::memcpy(p, &v, sizeof v);
  } else {
    const uint16_t half = elem == graph::Elem::f16 ? num::f32_to_f16(v) : num::f32_to_bf16(v);
    std::memcpy(p, &half, sizeof half);
  }
}

}  // namespace

// A point (x, y), uniform in the unit disc, has a squared radius r uniform in (0, 1) and, apart from that, a
// direction whose squared cosine is c = x^2 / r. With w = r^(1 / alpha), sqrt(2 alpha (1 / w - 1)) x /
// sqrt(r) has Student's distribution with 2 alpha degrees of freedom (Bailey's polar method), which maps to
// the symmetric beta distribution. What is computed is the distance to the nearer end, without cancellation.
double random_beta(double alpha, const hr_key& key, std::string_view rng_id) {
  const double power = 1.0 / alpha;
  for (uint32_t attempt = 0; attempt < kShareAttempts; ++attempt) {
    const philox::Block b = draw(key, rng_id, kShareDraw + attempt);
    const double x = 2.0 * philox::uniform(b[0], b[1]) - 1.0;
    const double y = 2.0 * philox::uniform(b[2], b[3]) - 1.0;
    const double square = x * x;
    const double r = square + y * y;
    if (!(r > 0.0) || r > 1.0) continue;
    const double w = num::pow(r, power);
    const double p = square / r * (1.0 - w);
    const double total = w + p;
    const double near = 0.5 * (w / total) / (1.0 + std::sqrt(p / total));
    return x < 0.0 ? near : 1.0 - near;
  }
  return 0.5;
}

bool random_interval(double low, double high, const hr_key& key, std::string_view rng_id) {
  const philox::Block b = draw(key, rng_id, 0);
  const double u = philox::uniform(b[0], b[1]);
  return u >= low && u < high;
}

geometry::Rect cut_rect(double share, int64_t height, int64_t width, const hr_key& key,
                        std::string_view rng_id) {
  const double side = 0.5 * std::sqrt(1.0 - share);
  const int64_t half_height = int64_t(side * double(height)), half_width = int64_t(side * double(width));
  const philox::Block b = draw(key, rng_id, kBoxDraw);
  const int64_t x = philox::below(b[0], uint64_t(width)), y = philox::below(b[1], uint64_t(height));
  const int64_t top = std::max<int64_t>(y - half_height, 0), left = std::max<int64_t>(x - half_width, 0);
  return {top, left, std::min(y + half_height, height) - top, std::min(x + half_width, width) - left};
}

double cut_share(const geometry::Rect& box, int64_t height, int64_t width) {
  return 1.0 - double(box.height * box.width) / double(height * width);
}

Weights weights(double share) {
  const float s = float(share);
  return {s, 1.0f - s};
}

void blend(uint8_t* a, uint8_t* b, int64_t count, graph::Elem elem, Weights w) {
  const int64_t unit = elem == graph::Elem::u8 ? 1 : elem == graph::Elem::f32 ? 4 : 2;
  for (int64_t i = 0; i < count; ++i, a += unit, b += unit) {
    const float x = load_element(a, elem), y = load_element(b, elem);
    store_element(a, elem, num::one_nan(std::fma(w.share, x, w.rest * y)));
    store_element(b, elem, num::one_nan(std::fma(w.share, y, w.rest * x)));
  }
}

void exchange(uint8_t* a, uint8_t* b, const graph::Type& t, const geometry::Rect& box) {
  const int64_t unit = t.elem == graph::Elem::u8 ? 1 : t.elem == graph::Elem::f32 ? 4 : 2;
  const bool planar = t.layout == Layout::nchw;
  const int64_t pixel = planar ? unit : unit * t.channels, plane = t.height * t.width * unit;
  for (int64_t c = 0; c < (planar ? t.channels : 1); ++c) {
    for (int64_t y = box.top; y < box.top + box.height; ++y) {
      const int64_t begin = c * plane + (y * t.width + box.left) * pixel;
      std::swap_ranges(a + begin, a + begin + box.width * pixel, b + begin);
    }
  }
}

}  // namespace headrace::mixing
