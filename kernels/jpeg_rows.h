// A rectangle of a JPEG, row by row.
#pragma once

#include <cstdint>
#include <span>

#include "headrace/abi.h"
#include "kernels/jpeg_session.h"

namespace headrace::jpeg {

/// A rectangle of pixels.
struct Rect {
  int64_t top, left, rows, cols;
};

/// For one thread at a time.
class RowReader {
 public:
  explicit RowReader(const DecodeLimits& limits) : session_(limits) {}

  /// Stands before the first row of the rectangle, which lies inside the image of width x height, decoded at
  /// `scale` of 8 (headrace/scaled.h); a file of another size is HR_E_DECODE. window[0]: pixels to the left
  /// of the rectangle that each row starts with, window[1]: bytes of a row.
  hr_result open(std::span<const uint8_t> data, int64_t width, int64_t height, int scale, const Rect& rect,
                 int64_t* window, hr_error* error);

  /// The next `rows` rows to dst, dst + stride, ... There must be as many left. A failure drops the image.
  hr_result read(uint8_t* dst, int64_t stride, int64_t rows, hr_error* error);

  /// Drops the image, if one is open.
  void close() { session_.close(); }

  /// Tolerated oddities of the image.
  uint64_t warnings() const { return session_.warnings(); }

 private:
  void read_cmyk(uint8_t* dst, int64_t stride, int64_t rows);
  void read_rgb(uint8_t* dst, int64_t stride, int64_t rows);

  Session session_;
  JSAMPROW cmyk_row_ = nullptr;  ///< four-component images: where a row lies before its conversion
  int64_t row_bytes_ = 0;        ///< of a delivered row
};

}  // namespace headrace::jpeg
