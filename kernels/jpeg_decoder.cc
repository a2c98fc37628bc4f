// The C ABI of decoder.h: a rectangle of a JPEG, row by row.
#include <algorithm>
#include <cinttypes>
#include <iterator>
#include <new>

#include "kernels/cmyk.h"
#include "kernels/decoder.h"
#include "kernels/jpeg_session.h"

namespace headrace::jpeg {
namespace {

struct Decoder {
  explicit Decoder(const hr_decode_limits& limits) : session(limits) {}

  Session session;
  int64_t rows_left = 0;        ///< of the rectangle
  int64_t row_bytes = 0;        ///< of a delivered row
  JSAMPROW cmyk_row = nullptr;  ///< four-component images: where a row lies before its conversion
  bool open = false;
};

struct Rect {
  int64_t top, left, rows, cols;
};

/// Columns of the image that are decoded.
struct Columns {
  JDIMENSION begin, count;
};

int32_t report(hr_error* error, hr_result code, const char* text) {
  std::fill(std::begin(error->args), std::end(error->args), 0);
  error->code = code;
  std::snprintf(error->text, sizeof(error->text), "%s", text);
  return code;
}

int32_t report(hr_error* error, const Failure& failure) {
  report(error, fault_result(failure.fault), failure.text);
  std::copy(std::begin(failure.args), std::end(failure.args), error->args);
  return error->code;
}

bool inside(const Rect& r, int64_t height, int64_t width) {
  return r.top >= 0 && r.left >= 0 && r.rows > 0 && r.cols > 0 && r.rows <= height - r.top &&
         r.cols <= width - r.left;
}

int32_t report_outside(hr_error* error, const Rect& r, int64_t height, int64_t width) {
  const int64_t args[6] = {r.top, r.left, r.rows, r.cols, height, width};
  report(error, HR_E_CROP_OUTSIDE, "");
  std::copy(std::begin(args), std::end(args), error->args);
  return error->code;
}

/// Pixels decoded on both sides of the rectangle beyond it. At the ends of a cropped row libjpeg
/// upsamples chroma as at the ends of the image, which touches the outermost pixel only; the second
/// one is reserve.
constexpr int64_t kMargin = 2;

Columns columns_to_decode(const jpeg_decompress_struct& cinfo, const Rect& r) {
  const int64_t width = cinfo.output_width;
  // A crop whose chroma rows are shorter than two samples makes libjpeg choose its upsamplers anew,
  // and then it takes plain replication for components that the full image interpolates.
  const int64_t shortest = cinfo.max_h_samp_factor + 1;
  int64_t begin = std::max<int64_t>(r.left - kMargin, 0);
  const int64_t end = std::min(std::max(r.left + r.cols + kMargin, begin + shortest), width);
  begin = std::max<int64_t>(std::min(begin, end - shortest), 0);
  return {static_cast<JDIMENSION>(begin), static_cast<JDIMENSION>(end - begin)};
}

/// Whether libjpeg estimates missing AC coefficients of a progressive file from neighbouring blocks
/// (block smoothing). A cropped row then starts from other neighbours than the full row has, so such
/// images are decoded at full width from the first row on.
bool smooths_blocks(const jpeg_decompress_struct& cinfo) {
  if (!cinfo.progressive_mode || cinfo.coef_bits == nullptr) return false;
  constexpr int kEstimated = 9;  // AC coefficients that smoothing can fill in, in zigzag order
  for (int c = 0; c < cinfo.num_components; ++c) {
    for (int k = 1; k <= kEstimated; ++k) {
      if (cinfo.coef_bits[c][k] != 0) return true;
    }
  }
  return false;
}

/// Stands before the rectangle's first row; returns the columns that rows are made of.
Columns seek(Session& session, const Rect& rect) {
  jpeg_decompress_struct& cinfo = session.cinfo();
  if (smooths_blocks(cinfo)) {
    JSAMPROW dropped = session.allocate_row();
    for (int64_t i = 0; i < rect.top; ++i) session.read_rows(&dropped, 1);
    return {0, cinfo.output_width};
  }
  Columns columns = columns_to_decode(cinfo, rect);
  jpeg_crop_scanline(&cinfo, &columns.begin, &columns.count);
  session.skip_rows(static_cast<JDIMENSION>(rect.top));
  return columns;
}

void read_cmyk(Decoder& decoder, uint8_t* dst, int64_t stride, int64_t rows) {
  for (int64_t i = 0; i < rows; ++i) {
    decoder.session.read_rows(&decoder.cmyk_row, 1);
    cmyk_to_rgb(decoder.cmyk_row, dst + i * stride, static_cast<size_t>(decoder.row_bytes / 3));
  }
}

void read_rgb(Decoder& decoder, uint8_t* dst, int64_t stride, int64_t rows) {
  constexpr int64_t kRowsAtOnce = 32;
  JSAMPROW pointers[kRowsAtOnce];
  for (int64_t done = 0; done < rows;) {
    const int64_t n = std::min(rows - done, kRowsAtOnce);
    for (int64_t i = 0; i < n; ++i) pointers[i] = dst + (done + i) * stride;
    decoder.session.read_rows(pointers, static_cast<JDIMENSION>(n));
    done += n;
  }
}

}  // namespace
}  // namespace headrace::jpeg

using namespace headrace;        // NOLINT(google-build-using-namespace): the C ABI has no namespace
using namespace headrace::jpeg;  // NOLINT(google-build-using-namespace)

void* hr_decoder_create(const hr_decode_limits* limits_or_null) {
  return new (std::nothrow) Decoder(limits_or_null ? *limits_or_null : kDefaultDecodeLimits);
}

void hr_decoder_destroy(void* decoder) { delete static_cast<Decoder*>(decoder); }

int32_t hr_jpeg_open(void* decoder, const uint8_t* data, int64_t size, int64_t width, int64_t height,
                     int64_t top, int64_t left, int64_t rows, int64_t cols, int64_t* window,
                     hr_error* error) {
  if (!decoder || !window || size < 0 || (!data && size > 0)) {
    return report(error, HR_E_INTERNAL, "hr_jpeg_open: bad argument");
  }
  Decoder& d = *static_cast<Decoder*>(decoder);
  d.session.close();
  d.open = false;
  const Rect rect{top, left, rows, cols};
  if (!inside(rect, height, width)) return report_outside(error, rect, height, width);

  Columns columns{};
  const bool ok = d.session.guarded([&] {
    Session& session = d.session;
    session.read_header({data, static_cast<size_t>(size)});
    jpeg_decompress_struct& cinfo = session.cinfo();
    if (cinfo.image_width != static_cast<uint64_t>(width) ||
        cinfo.image_height != static_cast<uint64_t>(height)) {
      session.fail(Fault::damaged, "the JPEG is %u x %u pixels, its metadata says %" PRId64 " x %" PRId64,
                   cinfo.image_width, cinfo.image_height, width, height);
    }
    session.start();
    columns = seek(session, rect);
    d.cmyk_row = cinfo.output_components == 4 ? session.allocate_row() : nullptr;
  });
  if (!ok) return report(error, d.session.failure());
  d.open = true;
  d.rows_left = rows;
  d.row_bytes = int64_t{columns.count} * 3;
  window[0] = left - columns.begin;
  window[1] = d.row_bytes;
  return HR_OK;
}

int32_t hr_jpeg_rows(void* decoder, uint8_t* dst, int64_t stride, int64_t rows, hr_error* error) {
  Decoder* d = static_cast<Decoder*>(decoder);
  if (!d || !d->open) return report(error, HR_E_INTERNAL, "hr_jpeg_rows: no image is open");
  if (rows < 0 || rows > d->rows_left) {
    return report(error, HR_E_INTERNAL, "hr_jpeg_rows: more rows than the rectangle has left");
  }
  if (!dst) return report(error, HR_E_INTERNAL, "hr_jpeg_rows: no destination");
  if (stride < d->row_bytes) return report(error, HR_E_INTERNAL, "hr_jpeg_rows: stride shorter than a row");
  const bool ok = d->session.guarded([&] {
    if (d->cmyk_row) {
      read_cmyk(*d, dst, stride, rows);
    } else {
      read_rgb(*d, dst, stride, rows);
    }
  });
  if (!ok) {
    d->open = false;
    return report(error, d->session.failure());
  }
  d->rows_left -= rows;
  return HR_OK;
}

int32_t hr_jpeg_close(void* decoder, hr_error* error) {
  Decoder* d = static_cast<Decoder*>(decoder);
  if (!d || !d->open) return HR_OK;  // a failed call has dropped the image already
  d->open = false;
  d->session.close();
  const uint64_t total = static_cast<uint64_t>(std::max(error->warnings, 0)) + d->session.warnings();
  error->warnings = static_cast<int32_t>(std::min<uint64_t>(total, INT32_MAX));
  return HR_OK;
}
