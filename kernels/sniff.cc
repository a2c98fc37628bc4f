#include <array>
#include <cstring>
#include <string_view>

#include "kernels/jpeg_info.h"

namespace headrace {
namespace {

using namespace std::string_view_literals;

std::string_view text(std::span<const uint8_t> data, size_t begin, size_t size) {
  if (data.size() < begin + size) return {};
  return {reinterpret_cast<const char*>(data.data()) + begin, size};
}

/// An ISO base media file whose major or compatible brands (first 32 looked at) name AVIF.
bool is_avif(std::span<const uint8_t> data) {
  if (text(data, 4, 4) != "ftyp"sv) return false;
  const size_t box = size_t{data[0]} << 24 | size_t{data[1]} << 16 | size_t{data[2]} << 8 | data[3];
  for (size_t i = 8; i + 4 <= box && i < 8 + 4 * 34; i += 4) {
    if (i == 12) continue;  // the minor version is not a brand
    const std::string_view brand = text(data, i, 4);
    if (brand == "avif"sv || brand == "avis"sv) return true;
  }
  return false;
}

/// "BM" alone is too common a start of text files: the size of the second header must be a known one.
bool is_bmp(std::span<const uint8_t> data) {
  if (text(data, 0, 2) != "BM"sv || data.size() < 18) return false;
  const uint32_t header =
      data[14] | uint32_t{data[15]} << 8 | uint32_t{data[16]} << 16 | uint32_t{data[17]} << 24;
  constexpr std::array<uint32_t, 8> kHeaderSizes = {12, 16, 40, 52, 56, 64, 108, 124};
  for (uint32_t size : kHeaderSizes) {
    if (header == size) return true;
  }
  return false;
}

}  // namespace

SourceKind sniff(std::span<const uint8_t> data) {
  if (text(data, 0, 3) == "\xFF\xD8\xFF"sv) return SourceKind::jpeg;
  if (text(data, 0, 8) == "\x89PNG\r\n\x1A\n"sv) return SourceKind::png;
  if (text(data, 0, 4) == "RIFF"sv && text(data, 8, 4) == "WEBP"sv) return SourceKind::webp;
  if (text(data, 0, 6) == "GIF87a"sv || text(data, 0, 6) == "GIF89a"sv) return SourceKind::gif;
  for (std::string_view magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (text(data, 0, 4) == magic) return SourceKind::tiff;
  }
  if (is_avif(data)) return SourceKind::avif;
  if (is_bmp(data)) return SourceKind::bmp;
  return SourceKind::unknown;
}

std::string_view source_kind_name(SourceKind kind) {
  switch (kind) {
    case SourceKind::jpeg:
      return "JPEG";
    case SourceKind::png:
      return "PNG";
    case SourceKind::webp:
      return "WebP";
    case SourceKind::gif:
      return "GIF";
    case SourceKind::bmp:
      return "BMP";
    case SourceKind::tiff:
      return "TIFF";
    case SourceKind::avif:
      return "AVIF";
    case SourceKind::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace headrace
