#include "kernels/jpeg_rows.h"

#include <algorithm>
#include <cinttypes>
#include <iterator>

#include "kernels/cmyk.h"
#include "kernels/report.h"

namespace headrace::jpeg {
namespace {

/// Columns of the image that are decoded.
struct Columns {
  JDIMENSION begin, count;
};

hr_result report_failure(hr_error* error, const Failure& failure) {
  report(error, fault_result(failure.fault), failure.text);
  std::copy(std::begin(failure.args), std::end(failure.args), error->args);
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

/// Whether scaled rows are cropped to other pixels than those of full rows. Seen with 4:1:0
/// (libjpeg-turbo 2.1), where chroma has both larger blocks and upsampling; nothing of so many factors is
/// left to chance.
bool crops_scaled_rows_badly(const jpeg_decompress_struct& cinfo) {
  return cinfo.scale_num != cinfo.scale_denom && (cinfo.max_h_samp_factor > 2 || cinfo.max_v_samp_factor > 2);
}

/// Stands before the rectangle's first row; returns the columns that rows are made of.
Columns seek(Session& session, const Rect& rect) {
  jpeg_decompress_struct& cinfo = session.cinfo();
  if (smooths_blocks(cinfo)) {
    JSAMPROW dropped = session.allocate_row();
    for (int64_t i = 0; i < rect.top; ++i) session.read_rows(&dropped, 1);
    return {0, cinfo.output_width};
  }
  Columns columns{0, cinfo.output_width};
  if (!crops_scaled_rows_badly(cinfo)) {
    columns = columns_to_decode(cinfo, rect);
    jpeg_crop_scanline(&cinfo, &columns.begin, &columns.count);
  }
  session.skip_rows(static_cast<JDIMENSION>(rect.top));
  return columns;
}

}  // namespace

void RowReader::read_cmyk(uint8_t* dst, int64_t stride, int64_t rows) {
  for (int64_t i = 0; i < rows; ++i) {
    session_.read_rows(&cmyk_row_, 1);
    cmyk_to_rgb(cmyk_row_, dst + i * stride, static_cast<size_t>(row_bytes_ / 3));
  }
}

void RowReader::read_rgb(uint8_t* dst, int64_t stride, int64_t rows) {
  constexpr int64_t kRowsAtOnce = 32;
  JSAMPROW pointers[kRowsAtOnce];
  for (int64_t done = 0; done < rows;) {
    const int64_t n = std::min(rows - done, kRowsAtOnce);
    for (int64_t i = 0; i < n; ++i) pointers[i] = dst + (done + i) * stride;
    session_.read_rows(pointers, static_cast<JDIMENSION>(n));
    done += n;
  }
}

hr_result RowReader::open(std::span<const uint8_t> data, int64_t width, int64_t height, int scale,
                          const Rect& rect, int64_t* window, hr_error* error) {
  Columns columns{};
  const bool ok = session_.guarded([&] {
    session_.read_header(data);
    jpeg_decompress_struct& cinfo = session_.cinfo();
    if (cinfo.image_width != static_cast<uint64_t>(width) ||
        cinfo.image_height != static_cast<uint64_t>(height)) {
      session_.fail(Fault::damaged, "the JPEG is %u x %u pixels, its metadata says %" PRId64 " x %" PRId64,
                    cinfo.image_width, cinfo.image_height, width, height);
    }
    cinfo.scale_num = static_cast<unsigned>(scale);
    cinfo.scale_denom = 8;
    session_.start();
    columns = seek(session_, rect);
    cmyk_row_ = cinfo.output_components == 4 ? session_.allocate_row() : nullptr;
  });
  if (!ok) return report_failure(error, session_.failure());
  row_bytes_ = int64_t{columns.count} * 3;
  window[0] = rect.left - columns.begin;
  window[1] = row_bytes_;
  return HR_OK;
}

hr_result RowReader::read(uint8_t* dst, int64_t stride, int64_t rows, hr_error* error) {
  const bool ok = session_.guarded([&] {
    if (cmyk_row_) {
      read_cmyk(dst, stride, rows);
    } else {
      read_rgb(dst, stride, rows);
    }
  });
  return ok ? HR_OK : report_failure(error, session_.failure());
}

}  // namespace headrace::jpeg
