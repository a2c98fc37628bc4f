#include "kernels/jpeg_decode.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "kernels/cmyk.h"
#include "kernels/jpeg_session.h"

namespace headrace {
namespace {

Status status_of(const hr_error& error) {
  switch (error.code) {
    case HR_E_DECODE:
      return Status("decode.damaged", "", error.text);
    case HR_E_LIMIT:
      return Status("decode.limit", "", error.text);
    case HR_E_CROP_OUTSIDE: {
      const auto arg = [&](int i) { return std::to_string(error.args[i]); };
      return Status("decode.crop_outside", "",
                    "rectangle of " + arg(2) + " rows x " + arg(3) + " columns at row " + arg(0) +
                        ", column " + arg(1) + " is empty or not inside the image of " + arg(4) + " x " +
                        arg(5));
    }
    default:
      return Status("internal", "", error.text);
  }
}

/// Rows in `strip_rows` at a time through `strip`, keeping the rectangle's columns.
hr_result read_through_strip(void* decoder, const PixelRect& rect, const int64_t window[2],
                             int64_t strip_rows, uint8_t* strip, uint8_t* dst, size_t stride,
                             hr_error* error) {
  for (int64_t row = 0; row < rect.rows; row += strip_rows) {
    const int64_t n = std::min<int64_t>(strip_rows, rect.rows - row);
    if (const hr_result r = hr_image_rows(decoder, strip, window[1], n, error); r != HR_OK) return r;
    for (int64_t i = 0; i < n; ++i) {
      std::memcpy(dst + static_cast<size_t>(row + i) * stride, strip + i * window[1] + window[0] * 3,
                  size_t{rect.cols} * 3);
    }
  }
  return HR_OK;
}

}  // namespace

Status decode_rgb(void* decoder, std::span<const uint8_t> data, uint32_t width, uint32_t height,
                  PixelRect rect, uint8_t* dst, size_t stride, uint64_t* warnings) {
  constexpr int64_t kStripRows = 16;
  if (stride < size_t{rect.cols} * 3) return Status("internal", "", "decode_rgb: stride shorter than a row");
  hr_error error = {};
  int64_t window[2] = {0, 0};
  if (hr_image_open(decoder, data.data(), static_cast<int64_t>(data.size()), width, height, HR_ENCODING_JPEG,
                    0, rect.top, rect.left, rect.rows, rect.cols, window, &error) != HR_OK) {
    return status_of(error);
  }
  hr_result result = HR_OK;
  if (window[1] == int64_t{rect.cols} * 3) {
    result = hr_image_rows(decoder, dst, static_cast<int64_t>(stride), rect.rows, &error);
  } else {
    const auto strip = std::make_unique<uint8_t[]>(static_cast<size_t>(kStripRows * window[1]));
    result = read_through_strip(decoder, rect, window, kStripRows, strip.get(), dst, stride, &error);
  }
  if (result != HR_OK) return status_of(error);
  hr_image_close(decoder, &error);
  if (warnings) *warnings += static_cast<uint64_t>(error.warnings);
  return {};
}

struct BaselineDecoder::State {
  explicit State(const DecodeLimits& limits) : session(limits) {}

  /// Makes room for the image and sets the row pointers; false if memory is exhausted.
  bool reserve(uint32_t width, uint32_t height) {
    const size_t bytes = size_t{width} * 3 * height;
    if (bytes > pixel_capacity) {
      pixels.reset(new (std::nothrow) uint8_t[bytes]);
      pixel_capacity = pixels ? bytes : 0;
    }
    if (height > row_capacity) {
      rows.reset(new (std::nothrow) JSAMPROW[height]);
      row_capacity = rows ? height : 0;
    }
    if (bytes > pixel_capacity || height > row_capacity) return false;
    for (uint32_t i = 0; i < height; ++i) rows[i] = pixels.get() + size_t{i} * width * 3;
    return true;
  }

  jpeg::Session session;
  std::unique_ptr<uint8_t[]> pixels;
  std::unique_ptr<JSAMPROW[]> rows;
  size_t pixel_capacity = 0;
  size_t row_capacity = 0;
};

BaselineDecoder::BaselineDecoder(const DecodeLimits& limits) : state_(std::make_unique<State>(limits)) {}
BaselineDecoder::~BaselineDecoder() = default;
BaselineDecoder::BaselineDecoder(BaselineDecoder&&) noexcept = default;
BaselineDecoder& BaselineDecoder::operator=(BaselineDecoder&&) noexcept = default;

Expected<BaselineDecoder::Image> BaselineDecoder::decode(std::span<const uint8_t> data) {
  State& s = *state_;
  Image image;
  const bool ok = s.session.guarded([&] {
    s.session.read_header(data);
    const jpeg_decompress_struct& cinfo = s.session.cinfo();
    image.width = cinfo.image_width;
    image.height = cinfo.image_height;
    if (!s.reserve(image.width, image.height)) {
      s.session.fail(jpeg::Fault::limit, "out of memory while decoding");
    }
    s.session.start();
    if (cinfo.output_components == 4) {
      JSAMPROW cmyk = s.session.allocate_row();
      for (uint32_t i = 0; i < image.height; ++i) {
        s.session.read_rows(&cmyk, 1);
        jpeg::cmyk_to_rgb(cmyk, s.rows[i], image.width);
      }
    } else {
      s.session.read_rows(s.rows.get(), image.height);
    }
    jpeg_finish_decompress(&s.session.cinfo());
  });
  if (!ok) return jpeg::status_of(s.session.failure());
  s.session.close();
  image.pixels = s.pixels.get();
  return image;
}

}  // namespace headrace
