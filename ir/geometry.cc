#include "ir/geometry.h"

#include <algorithm>
#include <cmath>

#include "headrace/philox.h"
#include "headrace/scaled.h"
#include "ir/numeric.h"

namespace headrace::geometry {

Size short_side_size(Size in, int64_t side) {
  const bool tall = in.width <= in.height;
  const double shorter = double(tall ? in.width : in.height);
  const double longer = double(tall ? in.height : in.width);
  const int64_t other = int64_t(double(side) * longer / shorter);
  return tall ? Size{other, side} : Size{side, other};
}

Rect center_crop_rect(Size in, int64_t height, int64_t width) {
  return {int64_t(std::nearbyint(double(in.height - height) * 0.5)),
          int64_t(std::nearbyint(double(in.width - width) * 0.5)), height, width};
}

namespace {
philox::Block draw(const hr_key& key, std::string_view rng_id, uint32_t number) {
  return philox::draw(philox::op_key(key.seed, philox::op_hash(rng_id)), key.epoch, key.sample, number);
}
}  // namespace

Rect random_crop_rect(Size in, int64_t height, int64_t width, const hr_key& key, std::string_view rng_id) {
  if (height > in.height || width > in.width) return {0, 0, height, width};
  const philox::Block b = draw(key, rng_id, 0);
  return {philox::below(b[0], uint64_t(in.height - height + 1)), philox::below(b[1], uint64_t(in.width - width + 1)),
          height, width};
}

Rect random_resized_crop_rect(Size in, const std::vector<double>& scale, const std::vector<double>& ratio,
                              const hr_key& key, std::string_view rng_id) {
  const double area = double(in.height) * double(in.width);
  const double log_low = num::log(ratio[0]);
  const double log_span = num::log(ratio[1]) - log_low;
  for (uint32_t attempt = 0; attempt < kCropAttempts; ++attempt) {
    const philox::Block b = draw(key, rng_id, attempt);
    const double target = area * (scale[0] + philox::uniform(b[0], b[1]) * (scale[1] - scale[0]));
    const double aspect = num::exp(log_low + philox::uniform(b[2], b[3]) * log_span);
    const double w = std::nearbyint(std::sqrt(target * aspect));
    const double h = std::nearbyint(std::sqrt(target / aspect));
    if (w < 1 || h < 1 || w > double(in.width) || h > double(in.height)) continue;
    const philox::Block p = draw(key, rng_id, kPositionDraw + attempt);
    const int64_t height = int64_t(h), width = int64_t(w);
    return {philox::below(p[0], uint64_t(in.height - height + 1)), philox::below(p[1], uint64_t(in.width - width + 1)),
            height, width};
  }
  const double image_ratio = double(in.width) / double(in.height);
  double w = double(in.width), h = double(in.height);
  if (image_ratio < ratio[0]) {
    h = std::min(std::max(std::nearbyint(w / ratio[0]), 1.0), h);
  } else if (image_ratio > ratio[1]) {
    w = std::min(std::max(std::nearbyint(h * ratio[1]), 1.0), w);
  }
  const int64_t height = int64_t(h), width = int64_t(w);
  return {(in.height - height) / 2, (in.width - width) / 2, height, width};
}

bool random_bool(double p, const hr_key& key, std::string_view rng_id) {
  const philox::Block b = draw(key, rng_id, 0);
  return philox::uniform(b[0], b[1]) < p;
}

int idct_scale(Rect rect, Size to) {
  for (const int scale : {1, 2, 4}) {
    if (rect.height * scale >= 16 * to.height && rect.width * scale >= 16 * to.width) return scale;
  }
  return kWholeScale;
}

Rect mirror_rect(Rect r, Size in, bool horizontal, bool vertical) {
  if (horizontal) r.left = in.width - r.left - r.width;
  if (vertical) r.top = in.height - r.top - r.height;
  return r;
}

}  // namespace headrace::geometry
