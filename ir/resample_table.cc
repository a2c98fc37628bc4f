#include "ir/resample_table.h"

#include <algorithm>
#include <cmath>

namespace headrace::resample {

Shape shape_of(std::string_view filter, int64_t src_h, int64_t src_w, int64_t dst_h, int64_t dst_w) {
  if (filter == "bilinear_point") return Shape::point;
  if (filter == "nearest") return Shape::nearest;
  if (filter == "area") return src_h >= dst_h && src_w >= dst_w ? Shape::area_overlap : Shape::area_linear;
  return Shape::triangle;
}

int64_t taps_bound(Shape shape, int64_t src, int64_t dst) {
  const int64_t scale_up = (std::max(src, dst) + dst - 1) / dst;  // ceil(max(src / dst, 1))
  switch (shape) {
    case Shape::triangle: return std::min(2 * scale_up + 1, src);
    case Shape::area_overlap: return scale_up + 1;
    case Shape::point:
    case Shape::area_linear: return 2;
    case Shape::nearest: return 1;
  }
  return 0;
}

namespace {

// What one output index draws from: source indices [start, start + count), raw weight of tap t.
struct Reach {
  double start = 0, count = 0;
  double a = 0, b = 0;  // shape-dependent, see weight()
};

Reach reach(const Axis& axis, double j) {
  const double src = double(axis.src), dst = double(axis.dst);
  const bool boxed = axis.box.length8 != 0;
  const double length = boxed ? double(axis.box.length8) * 0.125 : src;
  const double unmirrored = double(axis.box.begin8) * 0.125;
  const double begin = axis.pre && boxed ? src - unmirrored - length : unmirrored;
  const double scale = length / dst;
  Reach r;
  switch (axis.shape) {
    case Shape::triangle: {
      // Pillow's precompute_coeffs: support scales with the shrink factor.
      const double filter_scale = std::max(scale, 1.0);
      const double center = begin + (j + 0.5) * scale;
      r.start = std::trunc(std::max(center - filter_scale + 0.5, 0.0));
      r.count = std::min(std::trunc(center + filter_scale + 0.5), src) - r.start;
      r.a = center;
      r.b = 1.0 / filter_scale;
      break;
    }
    case Shape::point: {
      const double position = std::min(std::max((j + 0.5) * scale - 0.5, 0.0), src - 1.0);
      r.start = std::trunc(position);
      r.count = std::min(2.0, src - r.start);
      r.a = position - r.start;
      break;
    }
    case Shape::nearest:
      r.start = std::min(std::trunc((j + 0.5) * scale), src - 1.0);
      r.count = 1;
      break;
    case Shape::area_overlap: {
      r.a = begin + j * scale;
      r.b = std::min(r.a + scale, begin + length);
      r.start = std::min(std::trunc(r.a), src - 1.0);
      r.count = std::min(std::ceil(r.b), src) - r.start;
      break;
    }
    case Shape::area_linear: {
      const double cell = std::trunc(j * scale);
      const double fraction = std::max((j + 1.0) - (cell + 1.0) * (dst / src), 0.0);
      const double inside = fraction - std::trunc(fraction);
      r.start = std::min(cell, src - 1.0);
      r.count = std::min(2.0, src - r.start);
      r.a = r.count < 2.0 ? 0.0 : inside;
      break;
    }
  }
  return r;
}

double weight(Shape shape, const Reach& r, double t) {
  switch (shape) {
    case Shape::triangle: return std::max(1.0 - std::fabs(((r.start + t) - r.a + 0.5) * r.b), 0.0);
    case Shape::point:
    case Shape::area_linear: return t > 0.5 ? r.a : 1.0 - r.a;
    case Shape::nearest: return 1.0;
    case Shape::area_overlap: {
      const double k = r.start + t;
      const double overlap = std::min(k + 1.0, r.b) - std::max(k, r.a);
      return overlap > 1e-3 ? overlap : 0.0;
    }
  }
  return 0;
}

}  // namespace

Table build_table(const Axis& axis, Arith arith) {
  Table table;
  table.start.resize(size_t(axis.count));
  std::vector<Reach> reaches(size_t(axis.count));
  for (int64_t i = 0; i < axis.count; ++i) {
    const int64_t j = axis.post ? axis.count - 1 - i : i;
    const Reach r = reach(axis, double(axis.offset + j));
    reaches[size_t(i)] = r;
    table.taps = std::max(table.taps, int64_t(r.count));
    table.start[size_t(i)] = int32_t(axis.pre ? double(axis.src) - r.start - r.count : r.start);
  }
  table.weight.assign(size_t(axis.count * table.taps), 0);
  for (int64_t i = 0; i < axis.count; ++i) {
    const Reach& r = reaches[size_t(i)];
    double total = 0;
    for (double t = 0; t < r.count; t += 1.0) total += weight(axis.shape, r, t);
    int32_t* out = &table.weight[size_t(i * table.taps)];
    double running = 0;
    int32_t previous = 0;
    for (int64_t t = 0; t < int64_t(r.count); ++t) {
      const double w = weight(axis.shape, r, axis.pre ? r.count - 1.0 - double(t) : double(t));
      if (arith == Arith::pillow8) {
        out[t] = int32_t(w / total * double(1 << kPillowBits) + 0.5);
      } else {
        running += w;
        const int32_t rounded = int32_t(running * (double(1 << kQ14Bits) / total) + 0.5);
        out[t] = rounded - previous;
        previous = rounded;
      }
    }
  }
  return table;
}

}  // namespace headrace::resample
