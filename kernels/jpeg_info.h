// What a JPEG file says about itself, whether it is whole, and what kind of file some bytes are.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "headrace/status.h"
#include "kernels/decode_limits.h"

namespace headrace {

struct JpegInfo {
  uint32_t width = 0, height = 0;  ///< pixels, as stored (orientation not applied)
  uint32_t components = 0;         ///< 1, 3 or 4
  std::string subsampling;         ///< "4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1", "gray", "other"
  std::string color_space;         ///< as resolved by libjpeg: "YCbCr", "RGB", "gray", "CMYK", "YCCK"
  bool progressive = false;
  bool arithmetic = false;         ///< arithmetic instead of Huffman coding
  unsigned precision = 8;          ///< bits per sample
  unsigned orientation = 1;        ///< EXIF orientation, 1 to 8; 1 if the file has none
  bool multiple_scans = false;     ///< decoding it holds all coefficients in memory
  uint64_t coefficient_bytes = 0;  ///< of them
};

/// Reads the header only. Errors: "decode.damaged", "decode.unsupported" (a kind of JPEG that is not
/// decoded), "decode.limit"; `where` is empty.
Expected<JpegInfo> jpeg_info(std::span<const uint8_t> data,
                             const DecodeLimits& limits = kDefaultDecodeLimits);

/// Decodes every scan to the end of the file and throws the pixels away: ok if nothing is missing or
/// damaged. Stricter than decoding, which takes bad Huffman codes for zeros where libjpeg-turbo does. `info`
/// is set as soon as the header is read, `warnings` counts what was tolerated (extraneous bytes, unknown JFIF
/// or Adobe versions). Errors as of jpeg_info().
Status jpeg_check(std::span<const uint8_t> data, const DecodeLimits& limits, JpegInfo& info,
                  uint64_t& warnings);

enum class SourceKind : uint8_t { jpeg, png, webp, gif, bmp, tiff, avif, unknown };

/// The kind of image file, by its first bytes; file names do not count.
SourceKind sniff(std::span<const uint8_t> data);

/// "JPEG", "PNG", "WebP", "GIF", "BMP", "TIFF", "AVIF", "unknown".
std::string_view source_kind_name(SourceKind kind);

}  // namespace headrace
