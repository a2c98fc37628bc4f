// JPEG files made for tests, a straightforward full decode to compare with, and small helpers.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "kernels/decode_limits.h"
#include "kernels/decoder.h"
#include "kernels/jpeg_decode.h"

namespace headrace::testing {

using Bytes = std::vector<uint8_t>;

/// Which scans a file has.
enum class Scans : uint8_t {
  sequential,         ///< one interleaved scan
  one_per_component,  ///< sequential, not interleaved
  progressive,        ///< libjpeg's standard script
  dc_only,            ///< progressive, no AC coefficients at all: block smoothing applies
  coarse              ///< progressive, AC coefficients never refined to their last bit: smoothing too
};

struct JpegSpec {
  uint32_t width = 0, height = 0;
  std::string space = "YCbCr";                            ///< "gray", "YCbCr", "RGB", "CMYK", "YCCK"
  std::array<int, 4> h = {1, 1, 1, 1}, v = {1, 1, 1, 1};  ///< sampling factors
  Scans scans = Scans::sequential;
  bool arithmetic = false;
  int restart_interval = 0;  ///< MCUs
  int quality = 85;
  bool adobe = true;    ///< Adobe marker where libjpeg would write one
  uint32_t seed = 1;    ///< of the content: waves and some noise
  double contrast = 1;  ///< of the content; at 0.3 no colour is out of range
};

/// A name for messages: "37x21 YCbCr 2x2,1x1,1x1 progressive".
std::string describe(const JpegSpec& spec);

Bytes make_jpeg(const JpegSpec& spec);

struct Pixels {
  uint32_t width = 0, height = 0;
  Bytes rgb;  ///< height x width x 3
};

/// Every row by jpeg_read_scanlines; CMYK to RGB by Pillow's formula, written differently.
/// Empty if libjpeg reports an error or any warning. `scale`: decoded at so many eighths of its size.
Pixels full_decode(std::span<const uint8_t> jpeg, unsigned scale = 8);

struct DecoderDeleter {
  void operator()(void* decoder) const { hr_decoder_destroy(decoder); }
};
using DecoderPtr = std::unique_ptr<void, DecoderDeleter>;
inline DecoderPtr make_decoder() { return DecoderPtr(hr_decoder_create(nullptr)); }
inline DecoderPtr make_decoder(const DecodeLimits& limits) {
  const hr_decode_limits c_limits = to_c_limits(limits);
  return DecoderPtr(hr_decoder_create(&c_limits));
}

/// Decodes `rect` and compares it with the same rectangle of `full`; "" if equal, else what differs.
/// The bytes around the destination are checked to be untouched.
std::string compare_region(void* decoder, std::span<const uint8_t> jpeg, const Pixels& full, PixelRect rect);

/// A rectangle inside width x height: often at a border, often one or two pixels wide or high.
PixelRect random_rect(std::mt19937& rng, uint32_t width, uint32_t height);

/// A file's bytes; empty if it cannot be read.
Bytes read_file(const std::string& path);

/// Position of the first marker 0xFF `code` at or after `from`, following segment lengths from SOI.
size_t find_marker(const Bytes& jpeg, uint8_t code);

}  // namespace headrace::testing
