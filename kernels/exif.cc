#include "kernels/exif.h"

#include <cstring>

namespace headrace::jpeg {
namespace {

constexpr uint8_t kExifHeader[6] = {'E', 'x', 'i', 'f', 0, 0};
constexpr unsigned kUpright = 1;
constexpr uint32_t kOrientationTag = 0x0112;
constexpr uint32_t kTypeShort = 3;
constexpr uint32_t kTypeLong = 4;
constexpr size_t kEntryBytes = 12;

/// A TIFF structure with its byte order. Reads outside it give 0.
struct Tiff {
  std::span<const uint8_t> bytes;
  bool big_endian = false;

  uint32_t at(size_t i) const { return i < bytes.size() ? bytes[i] : 0; }
  uint32_t u16(size_t i) const { return big_endian ? at(i) << 8 | at(i + 1) : at(i + 1) << 8 | at(i); }
  uint32_t u32(size_t i) const { return big_endian ? u16(i) << 16 | u16(i + 2) : u16(i + 2) << 16 | u16(i); }
};

}  // namespace

unsigned exif_orientation(std::span<const uint8_t> app1) {
  if (app1.size() < sizeof(kExifHeader) || std::memcmp(app1.data(), kExifHeader, sizeof(kExifHeader)) != 0) {
    return 0;
  }
  Tiff tiff{app1.subspan(sizeof(kExifHeader))};
  const uint32_t order = tiff.at(0) << 8 | tiff.at(1);
  if (order != 0x4949 && order != 0x4D4D) return kUpright;  // "II", "MM"
  tiff.big_endian = order == 0x4D4D;
  if (tiff.u16(2) != 42) return kUpright;

  const size_t directory = tiff.u32(4);
  const size_t entries = tiff.u16(directory);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (entry + kEntryBytes > tiff.bytes.size()) break;
    if (tiff.u16(entry) != kOrientationTag) continue;
    const uint32_t type = tiff.u16(entry + 2);
    if (tiff.u32(entry + 4) != 1 || (type != kTypeShort && type != kTypeLong)) return kUpright;
    const uint32_t value = type == kTypeShort ? tiff.u16(entry + 8) : tiff.u32(entry + 8);
    return value >= 1 && value <= 8 ? value : kUpright;
  }
  return kUpright;
}

}  // namespace headrace::jpeg
