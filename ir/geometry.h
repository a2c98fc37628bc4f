// Sizes, rectangles and random draws: the definition of the geometry ops.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "headrace/abi.h"

namespace headrace::geometry {

struct Size { int64_t height = 0, width = 0; };
struct Rect { int64_t top = 0, left = 0, height = 0, width = 0; };

/// Attempts of random_resized_crop before it falls back to a centre crop (as torchvision).
inline constexpr uint32_t kCropAttempts = 10;
/// Draw numbers of one op: sizes at 0..9, positions at 16..25.
inline constexpr uint32_t kPositionDraw = 16;

/// Shorter side becomes `side`; the longer one is floor(side * long / short).
Size short_side_size(Size in, int64_t side);

/// Centred rectangle; half-pixel offsets round half to even (as torchvision).
Rect center_crop_rect(Size in, int64_t height, int64_t width);

/// Uniform position of a height x width rectangle, which must fit.
Rect random_crop_rect(Size in, int64_t height, int64_t width, const hr_key& key, std::string_view rng_id);

/// torchvision's RandomResizedCrop.get_params with headrace's random numbers.
Rect random_resized_crop_rect(Size in, const std::vector<double>& scale, const std::vector<double>& ratio,
                              const hr_key& key, std::string_view rng_id);

/// True with probability p.
bool random_bool(double p, const hr_key& key, std::string_view rng_id);

/// The rectangle that holds, before a flip of an image of this size, what `r` holds after it.
Rect mirror_rect(Rect r, Size in, bool horizontal, bool vertical);

/// The scale (headrace/scaled.h) at which an image may be decoded of which `rect` is resized `to`: the smallest at
/// which both sides are still at least twice as long as they become.
int idct_scale(Rect rect, Size to);

inline bool fits(Rect r, Size in) {
  return r.top >= 0 && r.left >= 0 && r.height >= 1 && r.width >= 1 && r.height <= in.height - r.top &&
         r.width <= in.width - r.left;
}

}  // namespace headrace::geometry
