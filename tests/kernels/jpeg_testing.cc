#include "jpeg_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "kernels/jpeg_library.h"

namespace headrace::testing {
namespace {

J_COLOR_SPACE space_of(const std::string& name) {
  if (name == "gray") return JCS_GRAYSCALE;
  if (name == "RGB") return JCS_RGB;
  if (name == "CMYK") return JCS_CMYK;
  if (name == "YCCK") return JCS_YCCK;
  return JCS_YCbCr;
}

int components_of(const std::string& space) {
  if (space == "gray") return 1;
  return space == "CMYK" || space == "YCCK" ? 4 : 3;
}

/// Waves of different direction per component plus noise, so that neither columns nor rows repeat.
Bytes make_samples(const JpegSpec& spec, int components) {
  std::mt19937 rng(spec.seed);
  Bytes samples(size_t{spec.width} * spec.height * components);
  size_t i = 0;
  for (uint32_t y = 0; y < spec.height; ++y) {
    for (uint32_t x = 0; x < spec.width; ++x) {
      for (int c = 0; c < components; ++c) {
        const double wave = std::sin(x * (0.31 + 0.17 * c) + spec.seed) * std::cos(y * (0.43 - 0.11 * c));
        const int noise = static_cast<int>(rng() % 41) - 20;
        const double value = spec.contrast * (static_cast<int>(95 * wave) + noise);
        samples[i++] = static_cast<uint8_t>(std::clamp(128 + static_cast<int>(value), 0, 255));
      }
    }
  }
  return samples;
}

/// All components' DC, then (coarse) each component's AC coefficients but for their last bit.
std::vector<jpeg_scan_info> incomplete_scans(const JpegSpec& spec, int components) {
  std::vector<jpeg_scan_info> scans;
  jpeg_scan_info dc = {components, {0, 1, 2, 3}, 0, 0, 0, 0};
  scans.push_back(dc);
  if (spec.scans == Scans::coarse) {
    for (int c = 0; c < components; ++c) scans.push_back({1, {c, 0, 0, 0}, 1, 63, 0, 1});
  }
  return scans;
}

void set_scans(jpeg_compress_struct& cinfo, const JpegSpec& spec, std::vector<jpeg_scan_info>& script) {
  switch (spec.scans) {
    case Scans::sequential:
      return;
    case Scans::progressive:
      jpeg_simple_progression(&cinfo);
      return;
    case Scans::one_per_component:
      for (int c = 0; c < cinfo.num_components; ++c) script.push_back({1, {c, 0, 0, 0}, 0, 63, 0, 0});
      break;
    case Scans::dc_only:
    case Scans::coarse:
      script = incomplete_scans(spec, cinfo.num_components);
      break;
  }
  cinfo.scan_info = script.data();
  cinfo.num_scans = static_cast<int>(script.size());
}

struct JumpingErrors {
  jpeg_error_mgr base;
  std::jmp_buf jump;
};

}  // namespace

std::string describe(const JpegSpec& spec) {
  static const char* const kScans[] = {"sequential", "one scan per component", "progressive", "dc only",
                                       "coarse"};
  std::string s = std::to_string(spec.width) + "x" + std::to_string(spec.height) + " " + spec.space + " ";
  for (int c = 0; c < components_of(spec.space); ++c) {
    if (c) s += ',';
    s += std::to_string(spec.h[c]) + "x" + std::to_string(spec.v[c]);
  }
  s += std::string(" ") + kScans[static_cast<int>(spec.scans)];
  if (spec.arithmetic) s += " arithmetic";
  if (spec.restart_interval) s += " restart " + std::to_string(spec.restart_interval);
  return s;
}

Bytes make_jpeg(const JpegSpec& spec) {
  const int components = components_of(spec.space);
  Bytes samples = make_samples(spec, components);
  jpeg_error_mgr errors;
  jpeg_compress_struct cinfo;
  cinfo.err = jpeg_std_error(&errors);  // exits with a message: a wrong JpegSpec is a broken test
  jpeg_create_compress(&cinfo);
  unsigned char* out = nullptr;
  unsigned long out_size = 0;
  jpeg_mem_dest(&cinfo, &out, &out_size);
  cinfo.image_width = spec.width;
  cinfo.image_height = spec.height;
  cinfo.input_components = components;
  cinfo.in_color_space = space_of(spec.space);
  jpeg_set_defaults(&cinfo);
  jpeg_set_colorspace(&cinfo, space_of(spec.space));
  jpeg_set_quality(&cinfo, spec.quality, TRUE);
  for (int c = 0; c < components; ++c) {
    cinfo.comp_info[c].h_samp_factor = spec.h[c];
    cinfo.comp_info[c].v_samp_factor = spec.v[c];
  }
  cinfo.arith_code = spec.arithmetic ? TRUE : FALSE;
  cinfo.restart_interval = static_cast<unsigned>(spec.restart_interval);
  if (!spec.adobe) cinfo.write_Adobe_marker = FALSE;
  std::vector<jpeg_scan_info> script;
  set_scans(cinfo, spec, script);
  jpeg_start_compress(&cinfo, TRUE);
  while (cinfo.next_scanline < cinfo.image_height) {
    JSAMPROW row = samples.data() + size_t{cinfo.next_scanline} * spec.width * components;
    jpeg_write_scanlines(&cinfo, &row, 1);
  }
  jpeg_finish_compress(&cinfo);
  jpeg_destroy_compress(&cinfo);
  Bytes jpeg(out, out + out_size);
  std::free(out);
  return jpeg;
}

Pixels full_decode(std::span<const uint8_t> jpeg, unsigned scale) {
  Pixels pixels;
  Bytes row;
  jpeg_decompress_struct cinfo = {};
  JumpingErrors errors;
  cinfo.err = jpeg_std_error(&errors.base);
  cinfo.client_data = &errors;
  errors.base.output_message = [](j_common_ptr) {};
  errors.base.error_exit = [](j_common_ptr c) {
    std::longjmp(static_cast<JumpingErrors*>(c->client_data)->jump, 1);
  };
  if (setjmp(errors.jump) != 0) {
    jpeg_destroy_decompress(&cinfo);
    return {};
  }
  jpeg_create_decompress(&cinfo);
  jpeg_mem_src(&cinfo, jpeg.data(), static_cast<unsigned long>(jpeg.size()));
  jpeg_read_header(&cinfo, TRUE);
  const bool cmyk = cinfo.num_components == 4;
  cinfo.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  cinfo.dct_method = JDCT_ISLOW;
  cinfo.scale_num = scale;
  cinfo.scale_denom = 8;
  jpeg_start_decompress(&cinfo);
  pixels.width = cinfo.output_width;
  pixels.height = cinfo.output_height;
  pixels.rgb.resize(size_t{pixels.width} * pixels.height * 3);
  row.resize(size_t{pixels.width} * 4);
  while (cinfo.output_scanline < cinfo.output_height) {
    uint8_t* rgb = pixels.rgb.data() + size_t{cinfo.output_scanline} * pixels.width * 3;
    JSAMPROW target = cmyk ? row.data() : rgb;
    jpeg_read_scanlines(&cinfo, &target, 1);
    for (uint32_t i = 0; cmyk && i < pixels.width * 3; ++i) {
      const int ink = 255 - row[i / 3 * 4 + i % 3], paper = row[i / 3 * 4 + 3];
      rgb[i] = static_cast<uint8_t>(paper - (2 * ink * paper + 255) / 510);
    }
  }
  jpeg_finish_decompress(&cinfo);
  const bool warned = errors.base.num_warnings != 0;
  jpeg_destroy_decompress(&cinfo);
  return warned ? Pixels{} : pixels;
}

std::string compare_region(void* decoder, std::span<const uint8_t> jpeg, const Pixels& full, PixelRect rect) {
  constexpr size_t kGuard = 32;
  constexpr uint8_t kGuardByte = 0xA5;
  const size_t row_bytes = size_t{rect.cols} * 3, stride = row_bytes + kGuard;
  Bytes out(kGuard + stride * rect.rows, kGuardByte);
  const std::string place = " (rows " + std::to_string(rect.top) + "+" + std::to_string(rect.rows) +
                            ", columns " + std::to_string(rect.left) + "+" + std::to_string(rect.cols) + ")";
  const Status status = decode_rgb(decoder, jpeg, full.width, full.height, rect, out.data() + kGuard, stride);
  if (!status.ok()) return status.to_string() + place;
  if (std::any_of(out.begin(), out.begin() + kGuard, [](uint8_t b) { return b != kGuardByte; })) {
    return "wrote before the destination" + place;
  }
  for (uint32_t y = 0; y < rect.rows; ++y) {
    const uint8_t* got = out.data() + kGuard + y * stride;
    const uint8_t* want = full.rgb.data() + ((size_t{rect.top} + y) * full.width + rect.left) * 3;
    for (size_t i = 0; i < row_bytes; ++i) {
      if (got[i] == want[i]) continue;
      return "pixel at row " + std::to_string(rect.top + y) + ", column " +
             std::to_string(rect.left + i / 3) + ", channel " + std::to_string(i % 3) + " is " +
             std::to_string(got[i]) + ", in a full decode " + std::to_string(want[i]) + place;
    }
    if (std::any_of(got + row_bytes, got + stride, [](uint8_t b) { return b != kGuardByte; })) {
      return "wrote beyond a row" + place;
    }
  }
  return "";
}

PixelRect random_rect(std::mt19937& rng, uint32_t width, uint32_t height) {
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(rng() % n); };
  const auto side = [&](uint32_t size, uint32_t& begin, uint32_t& count) {
    switch (below(4)) {
      case 0:
        count = std::min(size, 1 + below(2));
        break;
      case 1:
        count = std::min(size, 1 + below(20));
        break;
      default:
        count = 1 + below(size);
    }
    const uint32_t room = size - count;
    switch (below(6)) {
      case 0:
        begin = 0;
        break;
      case 1:
        begin = room;
        break;
      default:
        begin = below(room + 1);
    }
  };
  PixelRect rect;
  side(width, rect.left, rect.cols);
  side(height, rect.top, rect.rows);
  return rect;
}

Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

size_t find_marker(const Bytes& jpeg, uint8_t code) {
  size_t at = 2;  // behind SOI
  while (at + 4 <= jpeg.size() && jpeg[at] == 0xFF) {
    if (jpeg[at + 1] == code) return at;
    at += 2 + (size_t{jpeg[at + 2]} << 8 | jpeg[at + 3]);
  }
  ADD_FAILURE() << "no marker 0x" << std::hex << int{code};
  return 0;
}

}  // namespace headrace::testing
