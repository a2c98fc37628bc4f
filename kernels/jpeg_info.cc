#include "kernels/jpeg_info.h"

#include <algorithm>
#include <memory>

#include "kernels/exif.h"
#include "kernels/jpeg_session.h"

namespace headrace {
namespace {

using jpeg::Session;

/// Chroma (and the colours of CMYK) against the first component; a fourth must match the first.
std::string subsampling_of(const jpeg_decompress_struct& cinfo) {
  if (cinfo.num_components == 1) return "gray";
  const jpeg_component_info* c = cinfo.comp_info;
  const bool alike = c[1].h_samp_factor == c[2].h_samp_factor && c[1].v_samp_factor == c[2].v_samp_factor;
  const bool black_full = cinfo.num_components < 4 || (c[3].h_samp_factor == c[0].h_samp_factor &&
                                                       c[3].v_samp_factor == c[0].v_samp_factor);
  if (!alike || !black_full || c[0].h_samp_factor % c[1].h_samp_factor != 0 ||
      c[0].v_samp_factor % c[1].v_samp_factor != 0) {
    return "other";
  }
  switch (c[0].h_samp_factor / c[1].h_samp_factor * 10 + c[0].v_samp_factor / c[1].v_samp_factor) {
    case 11:
      return "4:4:4";
    case 21:
      return "4:2:2";
    case 22:
      return "4:2:0";
    case 12:
      return "4:4:0";
    case 41:
      return "4:1:1";
    default:
      return "other";
  }
}

std::string color_space_of(const jpeg_decompress_struct& cinfo) {
  switch (cinfo.jpeg_color_space) {
    case JCS_GRAYSCALE:
      return "gray";
    case JCS_RGB:
      return "RGB";
    case JCS_CMYK:
      return "CMYK";
    case JCS_YCCK:
      return "YCCK";
    default:
      return "YCbCr";
  }
}

/// Of the first EXIF block.
unsigned orientation_of(const jpeg_decompress_struct& cinfo) {
  for (jpeg_saved_marker_ptr m = cinfo.marker_list; m != nullptr; m = m->next) {
    if (m->marker != JPEG_APP0 + 1) continue;
    const unsigned found = jpeg::exif_orientation({m->data, m->data_length});
    if (found != 0) return found;
  }
  return 1;
}

JpegInfo describe(jpeg_decompress_struct& cinfo) {
  JpegInfo info;
  info.width = cinfo.image_width;
  info.height = cinfo.image_height;
  info.components = static_cast<uint32_t>(cinfo.num_components);
  info.subsampling = subsampling_of(cinfo);
  info.color_space = color_space_of(cinfo);
  info.progressive = cinfo.progressive_mode != 0;
  info.arithmetic = cinfo.arith_code != 0;
  info.precision = static_cast<unsigned>(cinfo.data_precision);
  info.orientation = orientation_of(cinfo);
  info.multiple_scans = jpeg_has_multiple_scans(&cinfo) != 0;
  info.coefficient_bytes = jpeg::coefficient_bytes(cinfo);
  return info;
}

/// Entropy-decodes everything. Only the last row is made into pixels: damage shows in the compressed
/// data, and what a sound file decodes to needs no check.
void read_to_end(Session& session) {
  session.start();
  session.skip_rows(session.cinfo().output_height - 1);
  JSAMPROW row = session.allocate_row();
  session.read_rows(&row, 1);
  jpeg_finish_decompress(&session.cinfo());
}

}  // namespace

Expected<JpegInfo> jpeg_info(std::span<const uint8_t> data, const DecodeLimits& limits) {
  const auto session = std::make_unique<Session>(limits);
  if (!session->guarded([&] { session->read_header(data, Session::Purpose::check); }))
    return jpeg::status_of(session->failure());
  return describe(session->cinfo());
}

Status jpeg_check(std::span<const uint8_t> data, const DecodeLimits& limits, JpegInfo& info,
                  uint64_t& warnings) {
  const auto session = std::make_unique<Session>(limits);
  if (!session->guarded([&] { session->read_header(data, Session::Purpose::check); }))
    return jpeg::status_of(session->failure());
  info = describe(session->cinfo());
  if (!session->guarded([&] { read_to_end(*session); })) return jpeg::status_of(session->failure());
  warnings = session->warnings();
  return {};
}

}  // namespace headrace
