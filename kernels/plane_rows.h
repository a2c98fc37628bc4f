// Rows of RGB pixels from component planes: raw ones in memory, or those a coefficient image is decoded to,
// whole or scaled. The pixels are those libjpeg-turbo gives with its accurate integer IDCT and fancy
// upsampling.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "headrace/scaled.h"
#include "kernels/block_samples.h"
#include "kernels/coefficient_rows.h"

namespace headrace {

/// For one thread at a time; keeps its memory from image to image.
class PlaneRows {
 public:
  struct Image {
    PlaneLayout layout;             ///< of the whole image, as are
    int64_t width, height;          ///< pixels
    int64_t top, left, rows, cols;  ///< of the rectangle, which lies inside; at a scale, of the scaled image
    int scale = kWholeScale;        ///< of raw planes always that
  };

  /// Stands before the rectangle's first row. `planes` are dense, one after another (HR_ENCODING_YCC), and
  /// stay valid.
  hr_result open(const Image& image, const uint8_t* planes, hr_error* error);

  /// The same from coefficients. `source` stays valid and has been opened for what the rectangle is made from
  /// (source_span()); `opened` is what that gave.
  hr_result open(const Image& image, CoefficientRowsSource& source, const hr_coefficient_rows& opened,
                 hr_error* error);

  /// The next `count` rows of the rectangle, 3 cols bytes each, to dst, dst + stride, ... There must be as
  /// many left.
  hr_result read(uint8_t* dst, int64_t stride, int64_t count, hr_error* error);

 private:
  /// Samples in memory: row y, column x of a component's plane at base[y % ring_rows * stride + x - origin].
  struct Plane {
    uint8_t* ring = nullptr;  ///< base, where samples are decoded
    const uint8_t* base = nullptr;
    int64_t stride = 0, origin = 0, ring_rows = 1;
    int64_t width = 0, height = 0;
    int64_t unit_rows = 0;  ///< of samples, in a unit of coefficients
    int side = 8;           ///< of a block
  };

  /// Memory that grows.
  struct Buffer {
    std::unique_ptr<uint8_t[]> bytes;
    size_t capacity = 0;
    bool reserve(size_t size);
  };

  const uint8_t* samples(int component, int64_t row, int64_t column) const {
    const Plane& p = planes_[size_t(component)];
    return p.base + row % p.ring_rows * p.stride + (column - p.origin);
  }
  bool start(const Image& image);
  hr_result decode_unit(hr_error* error);
  const uint8_t* chroma(int component, int64_t row);

  UnitRange units_of(int64_t top, int64_t rows) const;

  Image image_{};  ///< layout and size are those of the scaled image
  std::array<Plane, 3> planes_;
  Buffer samples_, full_[2],
      blended_;  ///< rings; chroma at full resolution; a row before it is interpolated across
  CoefficientRowsSource* source_ = nullptr;
  hr_coefficient_rows rows_{};
  int64_t row_ = 0;   ///< of the image, the next to be delivered
  int64_t unit_ = 0;  ///< the next to be decoded
};

}  // namespace headrace
