#include "kernels/jpeg_session.h"

#include <algorithm>
#include <cstdarg>

namespace headrace::jpeg {
namespace {

/// libjpeg-turbo's fast Huffman decoder takes codes that no table has for zeros, without a word. It is
/// used only while 512 bytes per block of an MCU lie in the buffer; with fewer, the careful one is.
constexpr size_t kCarefulChunk = 511;

}  // namespace

Session::Session(const DecodeLimits& limits) : limits_(limits) {
  jpeg_std_error(&errors_);
  errors_.error_exit = &Session::on_error;
  errors_.emit_message = &Session::on_message;
  errors_.output_message = [](j_common_ptr) {};
  progress_.progress_monitor = &Session::on_progress;
  source_.init_source = [](j_decompress_ptr) {};
  source_.fill_input_buffer = &Session::on_source_empty;
  source_.skip_input_data = &Session::on_source_skip;
  source_.resync_to_restart = jpeg_resync_to_restart;
  source_.term_source = [](j_decompress_ptr) {};
}

Session::~Session() { jpeg_destroy_decompress(&cinfo_); }

void Session::on_error(j_common_ptr cinfo) {
  Session& self = of(cinfo);
  describe_message(cinfo, self.failure_);
  std::longjmp(self.jump_, 1);
}

void Session::on_message(j_common_ptr cinfo, int level) {
  if (level >= 0) return;  // trace output
  if (is_fatal_warning(cinfo->err->msg_code)) on_error(cinfo);
  ++of(cinfo).warnings_;
}

/// Called once per row of MCUs while all scans of a file are read.
void Session::on_progress(j_common_ptr cinfo) {
  Session& self = of(cinfo);
  const int scan = self.cinfo_.input_scan_number;
  if (scan > 0 && static_cast<uint32_t>(scan) > self.limits_.max_scans) {
    self.fail_limit(Limit::scans, static_cast<uint32_t>(scan), self.limits_.max_scans);
  }
}

void Session::hand_out_chunk() {
  const std::span<const uint8_t> chunk = unread_.first(std::min(chunk_bytes_, unread_.size()));
  unread_ = unread_.subspan(chunk.size());
  source_.next_input_byte = chunk.data();
  source_.bytes_in_buffer = chunk.size();
}

boolean Session::on_source_empty(j_decompress_ptr cinfo) {
  Session& self = of(reinterpret_cast<j_common_ptr>(cinfo));
  if (self.unread_.empty()) ERREXIT(cinfo, JERR_INPUT_EOF);
  self.hand_out_chunk();
  return TRUE;
}

void Session::on_source_skip(j_decompress_ptr cinfo, long bytes) {
  Session& self = of(reinterpret_cast<j_common_ptr>(cinfo));
  if (bytes <= 0) return;
  const size_t count = static_cast<size_t>(bytes);
  const size_t in_chunk = std::min(count, self.source_.bytes_in_buffer);
  if (count - in_chunk > self.unread_.size()) ERREXIT(cinfo, JERR_INPUT_EOF);
  self.source_.next_input_byte += in_chunk;
  self.source_.bytes_in_buffer -= in_chunk;
  self.unread_ = self.unread_.subspan(count - in_chunk);
}

void Session::create() {
  // Made anew for each image (0.1 us): libjpeg would otherwise carry quantisation and Huffman tables
  // over, and a file that lacks some would decode by those of the file before it.
  jpeg_destroy_decompress(&cinfo_);
  cinfo_ = {};
  cinfo_.err = &errors_;
  cinfo_.client_data = this;
  jpeg_create_decompress(&cinfo_);
  cinfo_.src = &source_;
  cinfo_.progress = &progress_;
}

void Session::recover() {
  jpeg_destroy_decompress(&cinfo_);
  unread_ = {};
  hand_out_chunk();
}

void Session::close() { recover(); }

void Session::read_header(std::span<const uint8_t> data, Purpose purpose) {
  failure_ = {};
  warnings_ = 0;
  create();
  if (data.empty()) ERREXIT(&cinfo_, JERR_INPUT_EMPTY);
  unread_ = data;
  chunk_bytes_ = purpose == Purpose::check ? kCarefulChunk : SIZE_MAX;
  hand_out_chunk();
  if (purpose == Purpose::check) jpeg_save_markers(&cinfo_, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(&cinfo_, TRUE);
  check_header();
  cinfo_.out_color_space = cinfo_.num_components == 4 ? JCS_CMYK : JCS_RGB;
  cinfo_.dct_method = JDCT_ISLOW;
  cinfo_.do_fancy_upsampling = TRUE;  // which also turns merged upsampling off
  cinfo_.do_block_smoothing = TRUE;
}

void Session::check_header() {
  if (cinfo_.data_precision != 8) ERREXIT1(&cinfo_, JERR_BAD_PRECISION, cinfo_.data_precision);
  const int n = cinfo_.num_components;
  if (n != 1 && n != 3 && n != 4) {
    fail(Fault::unsupported, "%d colour components are not supported, only 1 (gray), 3 and 4", n);
  }
  // Newer libraries decode lossless JPEG, older ones refuse it: refuse it always. Its scans have a
  // predictor where sequential ones have spectral selection.
  if (!cinfo_.progressive_mode && cinfo_.Ss != 0 && cinfo_.Se == 0) {
    fail(Fault::unsupported, "%s", kLosslessText);
  }
  const uint64_t pixels = uint64_t{cinfo_.image_width} * cinfo_.image_height;
  if (pixels > limits_.max_pixels) fail_limit(Limit::pixels, pixels, limits_.max_pixels);
}

void Session::start() {
  if (jpeg_has_multiple_scans(&cinfo_)) require_memory(coefficient_bytes(cinfo_));
  jpeg_start_decompress(&cinfo_);
}

void Session::read_rows(JSAMPROW* rows, JDIMENSION count) {
  while (count > 0) {
    const JDIMENSION got = jpeg_read_scanlines(&cinfo_, rows, count);
    if (got == 0) fail(Fault::internal, "libjpeg delivered no rows");
    rows += got;
    count -= got;
  }
}

void Session::skip_rows(JDIMENSION count) {
  if (count == 0) return;
  if (jpeg_skip_scanlines(&cinfo_, count) != count) fail(Fault::internal, "libjpeg skipped too few rows");
}

jvirt_barray_ptr* Session::read_coefficients() {
  jvirt_barray_ptr* arrays = jpeg_read_coefficients(&cinfo_);
  if (!arrays) fail(Fault::internal, "libjpeg delivered no coefficients");
  return arrays;
}

JSAMPROW Session::allocate_row() {
  const JDIMENSION bytes = cinfo_.output_width * static_cast<JDIMENSION>(cinfo_.output_components);
  return cinfo_.mem->alloc_sarray(reinterpret_cast<j_common_ptr>(&cinfo_), JPOOL_IMAGE, bytes, 1)[0];
}

void Session::fail(Fault fault, const char* format, ...) {
  failure_.fault = fault;
  std::va_list args;
  va_start(args, format);
  std::vsnprintf(failure_.text, sizeof(failure_.text), format, args);
  va_end(args);
  std::longjmp(jump_, 1);
}

void Session::fail_limit(Limit which, uint64_t asked, uint64_t limit) {
  failure_.fault = Fault::limit;
  failure_.args[0] = static_cast<int64_t>(asked);
  failure_.args[1] = static_cast<int64_t>(limit);
  write_limit_message(which, asked, limit, failure_.text, sizeof failure_.text);
  std::longjmp(jump_, 1);
}

uint64_t coefficient_bytes(const jpeg_decompress_struct& cinfo) {
  uint64_t blocks = 0;
  for (int i = 0; i < cinfo.num_components; ++i) {
    const jpeg_component_info& c = cinfo.comp_info[i];
    const auto whole = [](uint64_t n, int unit) {
      return (n + uint64_t(unit) - 1) / uint64_t(unit) * uint64_t(unit);
    };
    blocks += whole(c.width_in_blocks, c.h_samp_factor) * whole(c.height_in_blocks, c.v_samp_factor);
  }
  return blocks * sizeof(JBLOCK);
}

}  // namespace headrace::jpeg
