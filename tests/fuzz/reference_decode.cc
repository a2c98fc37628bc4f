#include "reference_decode.h"

#include <array>

#include "kernels/jpeg_library.h"
#include "target.h"

namespace headrace::fuzz {
namespace {

[[noreturn]] void report(j_common_ptr common) {
  std::array<char, JMSG_LENGTH_MAX> text{};
  common->err->format_message(common, text.data());
  fail("libjpeg decodes every valid file", text.data());
}

}  // namespace

std::vector<uint8_t> reference_decode(std::span<const uint8_t> jpeg, unsigned scale) {
  jpeg_decompress_struct cinfo;
  jpeg_error_mgr errors;
  cinfo.err = jpeg_std_error(&errors);
  errors.error_exit = report;
  errors.emit_message = [](j_common_ptr common, int level) {
    if (level < 0) report(common);
  };
  jpeg_create_decompress(&cinfo);
  jpeg_mem_src(&cinfo, jpeg.data(), static_cast<unsigned long>(jpeg.size()));
  jpeg_read_header(&cinfo, TRUE);
  cinfo.out_color_space = JCS_RGB;
  cinfo.dct_method = JDCT_ISLOW;
  cinfo.scale_num = scale;
  cinfo.scale_denom = 8;
  jpeg_start_decompress(&cinfo);
  const size_t row_bytes = size_t{cinfo.output_width} * 3;
  std::vector<uint8_t> pixels(row_bytes * cinfo.output_height);
  while (cinfo.output_scanline < cinfo.output_height) {
    JSAMPROW row = pixels.data() + row_bytes * cinfo.output_scanline;
    jpeg_read_scanlines(&cinfo, &row, 1);
  }
  jpeg_finish_decompress(&cinfo);
  jpeg_destroy_decompress(&cinfo);
  return pixels;
}

}  // namespace headrace::fuzz
