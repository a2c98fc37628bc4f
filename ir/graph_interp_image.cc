#include <algorithm>
#include <cmath>
#include <cstring>

#include "ir/graph_interp.h"
#include "ir/numeric.h"
#include "ir/resample_table.h"

namespace headrace::graph {
namespace {

using geometry::Rect;
using geometry::Size;

// Copies pixels to a new image, out(y, x) = in(row(y), column(x)).
template <class Row, class Column>
ImageValue gather(const ImageValue& in, int64_t height, int64_t width, Row&& row, Column&& column) {
  ImageValue out;
  out.elem = in.elem;
  out.height = height;
  out.width = width;
  out.channels = in.channels;
  const bool ints = !in.ints.empty();
  if (ints) out.ints.resize(size_t(height * width * in.channels));
  else out.floats.resize(size_t(height * width * in.channels));
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < in.channels; ++c) {
        const size_t from = size_t((row(y) * in.width + column(x)) * in.channels + c);
        const size_t to = size_t((y * width + x) * in.channels + c);
        if (ints) out.ints[to] = in.ints[from];
        else out.floats[to] = in.floats[from];
      }
    }
  }
  return out;
}

float round_to(Elem elem, float v) {
  if (elem == Elem::f16) return num::f16_to_f32(num::f32_to_f16(v));
  if (elem == Elem::bf16) return num::bf16_to_f32(num::f32_to_bf16(v));
  return v;
}

}  // namespace

ImageValue crop_image(const ImageValue& in, const Rect& r) {
  return gather(in, r.height, r.width, [&](int64_t y) { return r.top + y; }, [&](int64_t x) { return r.left + x; });
}

ImageValue flip_image(const ImageValue& in, bool horizontal, bool vertical) {
  return gather(in, in.height, in.width, [&](int64_t y) { return vertical ? in.height - 1 - y : y; },
                [&](int64_t x) { return horizontal ? in.width - 1 - x : x; });
}

resample::Axes image_axes(Size in, Size size, const Rect& window, bool pre_h, bool pre_v, bool post_h, bool post_v,
                          const std::string& filter, resample::Arith arith, const ImageBox& box) {
  using namespace resample;
  const Shape shape = shape_of(filter, in.height, in.width, size.height, size.width);
  return {build_table({shape, in.width, size.width, window.left, window.width, pre_h, post_h, box.across}, arith),
          build_table({shape, in.height, size.height, window.top, window.height, pre_v, post_v, box.down}, arith),
          taps_bound(shape, in.width, size.width) > kNarrowTaps, taps_bound(shape, in.height, size.height) > kNarrowTaps};
}

ImageValue resize_image(const ImageValue& in, Size size, const Rect& window, bool pre_h, bool pre_v, bool post_h,
                        bool post_v, const std::string& filter, const std::string& arith, const ImageBox& box) {
  using namespace resample;
  const Arith a = arith == "q14" ? Arith::q14 : Arith::pillow8;
  const Axes axes = image_axes({in.height, in.width}, size, window, pre_h, pre_v, post_h, post_v, filter, a, box);
  ImageValue out;
  out.elem = a == Arith::q14 ? Elem::q6 : Elem::u8;
  out.height = window.height;
  out.width = window.width;
  out.channels = in.channels;
  out.ints = resample_passes(in.ints, in.height, in.width, in.channels, axes, a);
  return out;
}

void normalize_constants(const std::vector<double>& mean, const std::vector<double>& std, int64_t range, Elem elem,
                         std::vector<double>& scale, std::vector<double>& bias) {
  const double k = range == 1 && elem == Elem::u8 ? 255.0 : 1.0;
  scale.resize(mean.size());
  bias.resize(mean.size());
  for (size_t c = 0; c < mean.size(); ++c) {
    scale[c] = double(float(1.0 / (k * std[c])));
    bias[c] = double(float(-mean[c] / std[c]));
  }
}

ImageValue affine_image(const ImageValue& in, const std::vector<double>& scale, const std::vector<double>& bias) {
  ImageValue out;
  out.elem = Elem::f32;
  out.height = in.height;
  out.width = in.width;
  out.channels = in.channels;
  const size_t n = size_t(in.height * in.width * in.channels);
  out.floats.resize(n);
  for (size_t i = 0; i < n; ++i) {
    const size_t c = i % size_t(in.channels);
    const float x = in.ints.empty() ? in.floats[i] : float(in.ints[i]);
    out.floats[i] = num::one_nan(std::fma(x, float(scale[c]), float(bias[c])));
  }
  return out;
}

ImageValue convert_image(const ImageValue& in, Elem to) {
  ImageValue out = in;
  out.elem = to;
  if (in.elem == to) return out;
  const bool from_ints = !in.ints.empty();
  const size_t n = from_ints ? in.ints.size() : in.floats.size();
  if (to == Elem::u8) {
    out.ints.resize(n);
    out.floats.clear();
    for (size_t i = 0; i < n; ++i) {
      // q6 rounds half up; floats half to even.
      out.ints[i] = from_ints ? int16_t(std::clamp(((in.ints[i] + 32) >> 6) + 128, 0, 255)) : int16_t(num::f32_to_u8(in.floats[i]));
    }
    return out;
  }
  out.floats.resize(n);
  out.ints.clear();
  for (size_t i = 0; i < n; ++i) {
    const float v = !from_ints ? in.floats[i]
                    : in.elem == Elem::q6 ? float(in.ints[i]) * 0.015625f + 128.0f  // exact
                                          : float(in.ints[i]);
    out.floats[i] = round_to(to, v);
  }
  return out;
}

TensorValue layout_image(const ImageValue& in, Layout layout) {
  const size_t unit = in.elem == Elem::u8 ? 1 : in.elem == Elem::f32 ? 4 : 2;
  TensorValue t;
  t.bytes.resize(size_t(in.height * in.width * in.channels) * unit);
  for (int64_t y = 0; y < in.height; ++y) {
    for (int64_t x = 0; x < in.width; ++x) {
      for (int64_t c = 0; c < in.channels; ++c) {
        const size_t from = size_t((y * in.width + x) * in.channels + c);
        const size_t to = layout == Layout::nchw ? size_t((c * in.height + y) * in.width + x) : from;
        uint8_t* dst = &t.bytes[to * unit];
        if (in.elem == Elem::u8) {
          *dst = uint8_t(in.ints[from]);
        } else if (in.elem == Elem::f32) {
          std::memcpy(dst, &in.floats[from], 4);
        } else {
          const uint16_t half = in.elem == Elem::f16 ? num::f32_to_f16(in.floats[from]) : num::f32_to_bf16(in.floats[from]);
          std::memcpy(dst, &half, 2);
        }
      }
    }
  }
  return t;
}

}  // namespace headrace::graph
