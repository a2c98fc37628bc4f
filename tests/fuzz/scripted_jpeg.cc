#include "scripted_jpeg.h"

#include <array>
#include <cstdlib>
#include <cstring>

#include "kernels/jpeg_library.h"
#include "target.h"

namespace headrace::fuzz {
namespace {

void set_components(jpeg_compress_struct& cinfo, const CoefficientImage& image) {
  for (size_t i = 0; i < image.components.size(); ++i) {
    const CoefficientComponent& c = image.components[i];
    jpeg_component_info& to = cinfo.comp_info[i];
    to.component_id = c.id;
    to.h_samp_factor = c.h_samp;
    to.v_samp_factor = c.v_samp;
    to.quant_tbl_no = int(i);
    JQUANT_TBL*& table = cinfo.quant_tbl_ptrs[i];
    if (!table) table = jpeg_alloc_quant_table(reinterpret_cast<j_common_ptr>(&cinfo));
    std::memcpy(table->quantval, c.quant.data(), sizeof c.quant);
    table->sent_table = FALSE;
  }
}

/// Outlives the call that writes the file.
struct Coding {
  std::vector<jpeg_scan_info> scans;
};

void set_coding(ByteScript& script, jpeg_compress_struct& cinfo, Coding& coding) {
  const uint8_t choice = script.byte();
  cinfo.optimize_coding = choice & 1 ? TRUE : FALSE;
  if (choice & 2) cinfo.restart_interval = script.byte();
  if (choice & 4) {
    jpeg_simple_progression(&cinfo);
  } else if (choice & 8) {
    for (int c = 0; c < cinfo.num_components; ++c) coding.scans.push_back({1, {c, 0, 0, 0}, 0, 63, 0, 0});
    cinfo.scan_info = coding.scans.data();
    cinfo.num_scans = cinfo.num_components;
  }
}

}  // namespace

std::vector<uint8_t> scripted_jpeg(ByteScript& script, const CoefficientImage& image) {
  jpeg_compress_struct cinfo;
  jpeg_error_mgr errors;
  cinfo.err = jpeg_std_error(&errors);
  errors.error_exit = [](j_common_ptr common) {
    std::array<char, JMSG_LENGTH_MAX> text{};
    common->err->format_message(common, text.data());
    fail("libjpeg writes every scripted image", text.data());
  };
  errors.emit_message = [](j_common_ptr, int) {};  // that large quantisation steps are not baseline
  jpeg_create_compress(&cinfo);
  unsigned char* file = nullptr;
  unsigned long file_size = 0;
  jpeg_mem_dest(&cinfo, &file, &file_size);
  cinfo.image_width = image.width;
  cinfo.image_height = image.height;
  cinfo.input_components = int(image.components.size());
  cinfo.in_color_space = image.color == CoefficientColor::gray ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&cinfo);
  if (image.color == CoefficientColor::rgb) jpeg_set_colorspace(&cinfo, JCS_RGB);
  set_components(cinfo, image);
  Coding coding;
  set_coding(script, cinfo, coding);
  std::array<jvirt_barray_ptr, 3> arrays{};
  const auto common = reinterpret_cast<j_common_ptr>(&cinfo);
  for (size_t i = 0; i < image.components.size(); ++i) {
    const CoefficientComponent& c = image.components[i];
    arrays[i] =
        cinfo.mem->request_virt_barray(common, JPOOL_IMAGE, TRUE, c.padded_wide, c.padded_high, c.v_samp);
  }
  jpeg_write_coefficients(&cinfo, arrays.data());
  for (size_t i = 0; i < image.components.size(); ++i) {
    const CoefficientComponent& c = image.components[i];
    for (uint32_t row = 0; row < c.padded_high; ++row) {
      const JBLOCKARRAY to = cinfo.mem->access_virt_barray(common, arrays[i], row, 1, TRUE);
      std::memcpy(to[0], &c.block(row, 0), size_t{c.padded_wide} * sizeof(JBLOCK));
    }
  }
  jpeg_finish_compress(&cinfo);
  jpeg_destroy_compress(&cinfo);
  std::vector<uint8_t> jpeg(file, file + file_size);
  std::free(file);
  return jpeg;
}

}  // namespace headrace::fuzz
