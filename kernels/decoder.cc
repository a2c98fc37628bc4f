// The C ABI of decoder.h and coefficient_rows.h: checks, and which producer an image's encoding needs.
#include "kernels/decoder.h"

#include <algorithm>
#include <new>

#include "kernels/coefficient_rows.h"
#include "kernels/decode_limits.h"
#include "kernels/jpeg_rows.h"
#include "kernels/kernel_table.h"
#include "kernels/packed/image_decoder.h"
#include "kernels/plane_rows.h"
#include "kernels/plane_source.h"
#include "kernels/report.h"
#include "kernels/stopwatch.h"

namespace headrace {
namespace {

enum class Producer : uint8_t { none, jpeg, planes };

struct Decoder : hr_decoder_head {
  explicit Decoder(const DecodeLimits& image_limits)
      : hr_decoder_head{kernel_table()}, jpeg(image_limits), limits(image_limits) {}

  jpeg::RowReader jpeg;
  packed::ImageDecoder packed;
  PlaneRows planes;
  DecodeLimits limits;
  Producer open = Producer::none;
  int64_t rows_left = 0;  ///< of the rectangle
  int64_t row_bytes = 0;  ///< of a delivered row
  Stopwatch in_jpeg;      ///< time in libjpeg-turbo; `packed` has its own

  void drop() {
    jpeg.close();
    open = Producer::none;
  }
};

Decoder* decoder_of(void* handle) { return static_cast<Decoder*>(static_cast<hr_decoder_head*>(handle)); }

/// An image as hr_image_open() is told of it.
struct Image {
  std::span<const uint8_t> data;
  int64_t width, height, encoding;
  uint64_t planes;
  int scale;
};

bool inside(const jpeg::Rect& r, int64_t height, int64_t width) {
  return r.top >= 0 && r.left >= 0 && r.rows > 0 && r.cols > 0 && r.rows <= height - r.top &&
         r.cols <= width - r.left;
}

hr_result report_outside(hr_error* error, const jpeg::Rect& r, int64_t height, int64_t width) {
  const int64_t args[6] = {r.top, r.left, r.rows, r.cols, height, width};
  report(error, HR_E_CROP_OUTSIDE, "");
  std::copy(std::begin(args), std::end(args), error->args);
  return HR_E_CROP_OUTSIDE;
}

hr_result open_planes(Decoder& d, const Image& image, const jpeg::Rect& rect, int64_t* window,
                      hr_error* error) {
  PlaneRows::Image rows{{},        image.width, image.height, rect.top,
                        rect.left, rect.rows,   rect.cols,    image.scale};
  if (const hr_result r = known_layout(image.planes, image.width, image.height, rows.layout, error)) return r;
  window[0] = 0;
  window[1] = rect.cols * 3;
  if (image.encoding == HR_ENCODING_YCC) {
    const hr_result r = long_enough(rows.layout, image.width, image.height, image.data.size(), error);
    return r ? r : d.planes.open(rows, image.data.data(), error);
  }
  hr_coefficient_rows opened{};
  const SourceSpan down = source_span(rect.top, rect.rows, image.scale, image.height),
                   across = source_span(rect.left, rect.cols, image.scale, image.width);
  const hr_result r = d.packed.open(image.data, image.width, image.height, int64_t(image.planes), d.limits,
                                    {down.first, across.first, down.count, across.count}, opened, error);
  return r ? r : d.planes.open(rows, d.packed, opened, error);
}

}  // namespace
}  // namespace headrace

using namespace headrace;  // NOLINT(google-build-using-namespace): the C ABI has no namespace

void* hr_decoder_create(const hr_decode_limits* limits_or_null) {
  // The handle is the address of its head, which is what generated code looks at.
  return static_cast<hr_decoder_head*>(
      new (std::nothrow) Decoder(limits_or_null ? from_c_limits(*limits_or_null) : kDefaultDecodeLimits));
}

void hr_decoder_destroy(void* decoder) { delete decoder_of(decoder); }

void hr_decoder_set_clock(void* decoder, hr_clock clock_or_null) {
  decoder_of(decoder)->in_jpeg.set_clock(clock_or_null);
  decoder_of(decoder)->packed.stopwatch().set_clock(clock_or_null);
}

uint64_t hr_decoder_ticks(void* decoder) {
  return decoder_of(decoder)->in_jpeg.ticks() + decoder_of(decoder)->packed.stopwatch().ticks();
}

int32_t hr_image_open(void* decoder, const uint8_t* data, int64_t size, int64_t width, int64_t height,
                      int64_t encoding, int64_t planes, int64_t top, int64_t left, int64_t rows, int64_t cols,
                      int64_t* window, hr_error* error) {
  return hr_image_open_scaled(decoder, data, size, width, height, encoding, planes, kWholeScale, top, left,
                              rows, cols, window, error);
}

int32_t hr_image_open_scaled(void* decoder, const uint8_t* data, int64_t size, int64_t width, int64_t height,
                             int64_t encoding, int64_t planes, int64_t scale, int64_t top, int64_t left,
                             int64_t rows, int64_t cols, int64_t* window, hr_error* error) {
  if (!decoder || !window || size < 0 || (!data && size > 0)) {
    return report(error, HR_E_INTERNAL, "hr_image_open: bad argument");
  }
  if (!valid_scale(scale) || (scale != kWholeScale && encoding == HR_ENCODING_YCC)) {
    return report(error, HR_E_INTERNAL, "hr_image_open: not a scale of this encoding");
  }
  Decoder& d = *decoder_of(decoder);
  d.drop();
  const jpeg::Rect rect{top, left, rows, cols};
  const int64_t scaled_width = scaled_length(width, scale), scaled_height = scaled_length(height, scale);
  if (!inside(rect, scaled_height, scaled_width))
    return report_outside(error, rect, scaled_height, scaled_width);
  const Image image{{data, static_cast<size_t>(size)},
                    width,
                    height,
                    encoding,
                    static_cast<uint64_t>(planes),
                    static_cast<int>(scale)};
  hr_result result = HR_OK;
  Producer producer = Producer::none;
  switch (encoding) {
    case HR_ENCODING_JPEG: {
      const Stopwatch::Scope timed(d.in_jpeg);
      producer = Producer::jpeg;
      result = d.jpeg.open(image.data, width, height, image.scale, rect, window, error);
      break;
    }
    case HR_ENCODING_PACKED:
    case HR_ENCODING_YCC:
      producer = Producer::planes;
      result = open_planes(d, image, rect, window, error);
      break;
    default:
      return report(error, HR_E_INTERNAL, "hr_image_open: not an encoding it decodes");
  }
  if (result != HR_OK) return result;
  d.open = producer;
  d.rows_left = rows;
  d.row_bytes = window[1];
  return HR_OK;
}

int32_t hr_image_rows(void* decoder, uint8_t* dst, int64_t stride, int64_t rows, hr_error* error) {
  Decoder* d = decoder_of(decoder);
  if (!d || d->open == Producer::none) return report(error, HR_E_INTERNAL, "hr_image_rows: no image is open");
  if (rows < 0 || rows > d->rows_left) {
    return report(error, HR_E_INTERNAL, "hr_image_rows: more rows than the rectangle has left");
  }
  if (!dst) return report(error, HR_E_INTERNAL, "hr_image_rows: no destination");
  if (stride < d->row_bytes) return report(error, HR_E_INTERNAL, "hr_image_rows: stride shorter than a row");
  hr_result result = HR_OK;
  if (d->open == Producer::jpeg) {
    const Stopwatch::Scope timed(d->in_jpeg);
    result = d->jpeg.read(dst, stride, rows, error);
  } else {
    result = d->planes.read(dst, stride, rows, error);
  }
  if (result != HR_OK) {
    d->open = Producer::none;
    return result;
  }
  d->rows_left -= rows;
  return HR_OK;
}

int32_t hr_image_close(void* decoder, hr_error* error) {
  Decoder* d = decoder_of(decoder);
  if (!d || d->open == Producer::none) return HR_OK;  // a failed call has dropped the image already
  uint64_t warnings = 0;
  if (d->open == Producer::jpeg) {
    const Stopwatch::Scope timed(d->in_jpeg);
    warnings = d->jpeg.warnings();
    d->drop();
  }
  d->open = Producer::none;
  const uint64_t total = static_cast<uint64_t>(std::max(error->warnings, 0)) + warnings;
  error->warnings = static_cast<int32_t>(std::min<uint64_t>(total, INT32_MAX));
  return HR_OK;
}

int32_t hr_packed_open(void* decoder, const uint8_t* data, int64_t size, int64_t width, int64_t height,
                       int64_t planes, int64_t top, int64_t left, int64_t rows, int64_t cols,
                       hr_coefficient_rows* out, hr_error* error) {
  if (!decoder || !out || size < 0 || (!data && size > 0)) {
    return report(error, HR_E_INTERNAL, "hr_packed_open: bad argument");
  }
  Decoder& d = *decoder_of(decoder);
  d.drop();
  return d.packed.open({data, static_cast<size_t>(size)}, width, height, planes, d.limits,
                       {top, left, rows, cols}, *out, error);
}

int32_t hr_packed_unit(void* decoder, int64_t unit, hr_coefficient_rows* out, hr_error* error) {
  if (!decoder || !out) return report(error, HR_E_INTERNAL, "hr_packed_unit: bad argument");
  return decoder_of(decoder)->packed.unit(unit, *out, error);
}
