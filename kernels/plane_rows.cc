#include "kernels/plane_rows.h"

#include <algorithm>
#include <new>

#include "kernels/report.h"
#include "kernels/upsample.h"
#include "kernels/ycc_to_rgb.h"

namespace headrace {
namespace {

constexpr int64_t kUnitBlockRows = 2;  // of component 1; component 0 has v_max times as many

hr_result out_of_memory(hr_error* error) { return report(error, HR_E_LIMIT, "out of memory while decoding"); }

}  // namespace

bool PlaneRows::Buffer::reserve(size_t size) {
  if (size > capacity) {
    bytes.reset(new (std::nothrow) uint8_t[size]);
    capacity = bytes ? size : 0;
  }
  return size <= capacity;
}

UnitRange PlaneRows::units_of(int64_t top, int64_t rows) const {
  return units_of_rows(image_.layout, planes_[0].unit_rows, image_.height, top, rows);
}

bool PlaneRows::start(const Image& image) {
  image_ = image;
  image_.layout = scaled_layout(image.layout, image.scale);
  image_.width = scaled_length(image.width, image.scale);
  image_.height = scaled_length(image.height, image.scale);
  for (int c = 0; c < image.layout.components; ++c) {
    Plane& p = planes_[size_t(c)];
    p = {};
    p.width = plane_width(image_.layout, c, image_.width);
    p.height = plane_height(image_.layout, c, image_.height);
    p.side = block_side(image.layout, c, image.scale);
    p.unit_rows = p.side * kUnitBlockRows * (c == 0 ? image.layout.v_max : 1);
  }
  row_ = image.top;
  unit_ = units_of(image.top, image.rows).first;
  // Upsampled rows begin up to a pixel early and end up to one late; blended ones have a sample more on each
  // side.
  const auto pixels = size_t(image.cols) + 2;
  return full_[0].reserve(pixels) && full_[1].reserve(pixels) &&
         blended_.reserve((pixels + 4) * sizeof(int16_t));
}

hr_result PlaneRows::open(const Image& image, const uint8_t* planes, hr_error* error) {
  source_ = nullptr;
  if (!start(image)) return out_of_memory(error);
  for (int c = 0; c < image.layout.components; ++c) {
    Plane& p = planes_[size_t(c)];
    p.base = planes;
    p.stride = p.width;
    p.ring_rows = p.height;
    planes += p.width * p.height;
  }
  return HR_OK;
}

hr_result PlaneRows::open(const Image& image, CoefficientRowsSource& source,
                          const hr_coefficient_rows& opened, hr_error* error) {
  source_ = &source;
  rows_ = opened;
  if (!start(image)) return out_of_memory(error);
  // Two units of each component, of the blocks that hold the rectangle's columns and what they are
  // interpolated with.
  size_t bytes = 0;
  std::array<size_t, 3> offsets{};
  for (int c = 0; c < image.layout.components; ++c) {
    Plane& p = planes_[size_t(c)];
    const bool halved = c > 0 && image_.layout.h_max == 2;
    const int64_t first = halved ? std::max<int64_t>(image.left / 2 - 1, 0) : image.left;
    const int64_t right = image.left + image.cols - 1;
    const int64_t last = halved ? std::min(right / 2 + 1, p.width - 1) : right;
    p.origin = first / p.side * p.side;
    p.stride = (last / p.side + 1) * p.side - p.origin;
    p.ring_rows = 2 * p.unit_rows;
    offsets[size_t(c)] = bytes;
    bytes += size_t(p.stride * p.ring_rows);
  }
  if (!samples_.reserve(bytes)) return out_of_memory(error);
  for (int c = 0; c < image.layout.components; ++c) {
    planes_[size_t(c)].base = planes_[size_t(c)].ring = samples_.bytes.get() + offsets[size_t(c)];
  }
  return HR_OK;
}

hr_result PlaneRows::decode_unit(hr_error* error) {
  if (const hr_result r = source_->unit(unit_, rows_, error)) return r;
  for (int c = 0; c < image_.layout.components; ++c) {
    const Plane& p = planes_[size_t(c)];
    for (int64_t r = 0; r < p.unit_rows / p.side; ++r) {
      const int64_t top = unit_ * p.unit_rows + r * p.side;
      if (top >= p.height) break;
      block_samples(rows_.rows[c][r], rows_.values, rows_.quant[c], p.origin / p.side, p.stride / p.side,
                    p.side, p.ring + top % p.ring_rows * p.stride, p.stride);
    }
  }
  ++unit_;
  return HR_OK;
}

// A row of chroma at full resolution, from the rectangle's first column on.
const uint8_t* PlaneRows::chroma(int component, int64_t row) {
  const PlaneLayout& layout = image_.layout;
  const Plane& p = planes_[size_t(component)];
  const bool odd_row = row % 2 != 0;
  const int64_t near = row / layout.v_max;
  const int64_t next = std::clamp<int64_t>(near + (odd_row ? 1 : -1), 0, p.height - 1);  // used if v_max is 2
  uint8_t* const full = full_[component - 1].bytes.get();
  if (layout.h_max == 1) {
    const uint8_t* const in = samples(component, near, image_.left);
    if (!fancy_down(layout, image_.width)) return in;
    interpolate_down(in, samples(component, next, image_.left), image_.cols, odd_row, full);
    return full;
  }
  const int64_t first = image_.left / 2, last = (image_.left + image_.cols - 1) / 2, count = last - first + 1;
  if (!fancy_across(layout, image_.width)) {
    repeat_across(samples(component, near, first), count, full);
    return full + image_.left % 2;
  }
  int16_t* const in = reinterpret_cast<int16_t*>(blended_.bytes.get()) + 1;  // in[0] is sample `first`
  const int64_t begin = std::max<int64_t>(first - 1, 0), end = std::min(last + 2, p.width);
  if (fancy_down(layout, image_.width)) {
    blend_rows(samples(component, near, begin), samples(component, next, begin), end - begin,
               in + (begin - first));
  } else {
    std::copy_n(samples(component, near, begin), end - begin, in + (begin - first));
  }
  if (first == 0) in[-1] = in[0];
  if (last == p.width - 1) in[count] = in[count - 1];
  if (fancy_down(layout, image_.width)) {
    interpolate_across_blended(in, count, full);
  } else {
    interpolate_across(in, count, full);
  }
  return full + image_.left % 2;
}

hr_result PlaneRows::read(uint8_t* dst, int64_t stride, int64_t count, hr_error* error) {
  const PlaneLayout& layout = image_.layout;
  for (int64_t i = 0; i < count; ++i, ++row_, dst += stride) {
    while (source_ && unit_ <= units_of(row_, 1).last) {
      if (const hr_result r = decode_unit(error)) return r;
    }
    const uint8_t* const first = samples(0, row_, image_.left);
    if (layout.components == 1) {
      interleave_rgb(first, first, first, image_.cols, dst);
    } else if (layout.rgb) {
      interleave_rgb(first, samples(1, row_, image_.left), samples(2, row_, image_.left), image_.cols, dst);
    } else {
      ycc_to_rgb(first, chroma(1, row_), chroma(2, row_), image_.cols, dst);
    }
  }
  return HR_OK;
}

}  // namespace headrace
