#include "runtime/dataset/record.h"

#include <bit>

#include "headrace/counted.h"
#include "headrace/planes.h"
#include "kernels/jpeg_info.h"

namespace headrace {
namespace {

using format::BytesEntry;
using format::ImageEntry;

std::string dimensions(uint64_t width, uint64_t height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

constexpr uint64_t kPackedHeaderBytes = 32;

/// Rules that hold for every image, written or read.
std::string check_image(uint32_t encoding, uint32_t channels, uint64_t width, uint64_t height, uint64_t bytes,
                        uint64_t detail) {
  if (width == 0 || height == 0) return "an image of " + dimensions(width, height) + " pixels";
  const bool planes = encoding == HR_ENCODING_PACKED || encoding == HR_ENCODING_YCC;
  if (!planes && detail != 0 && (encoding != HR_ENCODING_JPEG || detail >= HR_KEPT_COUNT)) {
    return "encoding data that its encoding does not use";
  }
  switch (encoding) {
    case HR_ENCODING_PACKED:
    case HR_ENCODING_YCC: {
      const char* name = encoding == HR_ENCODING_PACKED ? "a packed image" : "ycc";
      PlaneLayout layout;
      if (!plane_layout(detail, layout))
        return std::string(name) + " of the unknown kind of planes " + std::to_string(detail);
      if (channels != static_cast<uint32_t>(layout.components)) {
        return std::string(name) + " of " + counted(channels, "channel") + ", expected " +
               std::to_string(layout.components);
      }
      if (width > uint64_t{kMaxPlaneSide} || height > uint64_t{kMaxPlaneSide})
        return std::string(name) + " of " + dimensions(width, height) + " pixels";
      if (encoding == HR_ENCODING_PACKED) {
        return bytes < kPackedHeaderBytes ? "a packed image of " + counted(bytes, "byte") : "";
      }
      const uint64_t expected = plane_bytes(layout, int64_t(width), int64_t(height));
      if (bytes != expected) {
        return "ycc of " + dimensions(width, height) + " pixels in " + counted(bytes, "byte") +
               ", expected " + std::to_string(expected);
      }
      return {};
    }
    case HR_ENCODING_JPEG:
      if (channels != 1 && channels != 3 && channels != 4) {
        return "a JPEG of " + counted(channels, "channel") + ", expected 1, 3 or 4";
      }
      if (width > 65535 || height > 65535) return "a JPEG of " + dimensions(width, height) + " pixels";
      if (bytes < 4) return "a JPEG of " + counted(bytes, "byte");
      return {};
    case HR_ENCODING_RGB: {
      if (channels != 3) return "rgb of " + counted(channels, "channel") + ", expected 3";
      // width and height are below 2^32, so only the factor 3 can overflow.
      if (bytes % 3 != 0 || bytes / 3 != width * height) {
        return "rgb of " + dimensions(width, height) + " pixels in " + counted(bytes, "byte") +
               ", expected width x height x 3";
      }
      return {};
    }
    default:
      return "the unknown image encoding " + std::to_string(encoding);
  }
}

/// What generated code is told; why a JPEG was kept is none of its business.
uint64_t planes_of(uint32_t encoding, uint64_t detail) {
  return encoding == HR_ENCODING_PACKED || encoding == HR_ENCODING_YCC ? detail : 0;
}

/// The pixel limit guards decoding; the header alone is cheap, so it does not apply here.
constexpr DecodeLimits kHeaderOnly{.max_pixels = UINT64_MAX};

}  // namespace

FieldValue FieldValue::real(double v) {
  FieldValue f;
  f.value = std::bit_cast<int64_t>(v);
  return f;
}

FieldValue FieldValue::image(std::span<const uint8_t> payload, uint32_t encoding, uint32_t width,
                             uint32_t height, uint32_t channels, uint32_t detail) {
  FieldValue f;
  f.data = payload;
  f.encoding = encoding;
  f.width = width;
  f.height = height;
  f.channels = channels;
  f.detail = detail;
  return f;
}

std::string check_value(const Schema::Field& field, const FieldValue& v) {
  const bool plain =
      v.encoding == HR_ENCODING_NONE && v.width == 0 && v.height == 0 && v.channels == 0 && v.detail == 0;
  switch (field.kind) {
    case FieldKind::i64:
    case FieldKind::f64:
      return plain && v.data.empty() ? "" : "a payload where a number is expected";
    case FieldKind::bytes:
      if (!plain) return "an image where plain bytes are expected";
      if (field.name == "key" && v.data.size() > format::kMaxBlobValue) {
        return "a key of " + counted(v.data.size(), "byte") + ", at most 65535 are possible";
      }
      return {};
    case FieldKind::image:
      break;
  }
  if (std::string wrong = check_image(v.encoding, v.channels, v.width, v.height, v.data.size(), v.detail);
      !wrong.empty()) {
    return wrong;
  }
  if (v.encoding != HR_ENCODING_JPEG) return {};
  const Expected<JpegInfo> info = jpeg_info(v.data, kHeaderOnly);
  if (!info.ok()) return "bytes that are no JPEG: " + info.status().errors().front().message;
  if (info->width != v.width || info->height != v.height || info->components != v.channels) {
    return "a JPEG given as " + dimensions(v.width, v.height) + " with " + counted(v.channels, "channel") +
           " that is " + dimensions(info->width, info->height) + " with " + std::to_string(info->components);
  }
  return {};
}

hr_field to_hr_field(FieldKind kind, const FieldValue& v) {
  hr_field f{};
  if (kind == FieldKind::i64 || kind == FieldKind::f64) {
    f.value = v.value;
    return f;
  }
  f.data = v.data.data();
  f.size = v.data.size();
  f.width = v.width;
  f.height = v.height;
  f.encoding = v.encoding;
  f.channels = v.channels;
  f.planes = planes_of(v.encoding, v.detail);
  return f;
}

void store_entry(std::span<uint8_t> row, const RecordLayout::Field& field, const FieldValue& v,
                 uint64_t offset) {
  switch (field.kind) {
    case FieldKind::i64:
    case FieldKind::f64:
      format::store(row, field.offset, v.value);
      return;
    case FieldKind::bytes:
      format::store(row, field.offset, BytesEntry{offset, v.data.size()});
      return;
    case FieldKind::image:
      break;
  }
  ImageEntry e;
  e.offset = offset;
  e.bytes = v.data.size();
  e.width = v.width;
  e.height = v.height;
  e.encoding = static_cast<uint16_t>(v.encoding);
  e.channels = static_cast<uint8_t>(v.channels);
  e.aux = v.detail;
  format::store(row, field.offset, e);
}

hr_field load_entry(std::span<const uint8_t> row, const RecordLayout::Field& field, uint64_t& offset) {
  hr_field f{};
  offset = 0;
  switch (field.kind) {
    case FieldKind::i64:
    case FieldKind::f64:
      f.value = format::load<int64_t>(row, field.offset);
      break;
    case FieldKind::bytes: {
      const auto e = format::load<BytesEntry>(row, field.offset);
      offset = e.offset;
      f.size = e.bytes;
      break;
    }
    case FieldKind::image: {
      const auto e = format::load<ImageEntry>(row, field.offset);
      offset = e.offset;
      f.size = e.bytes;
      f.width = e.width;
      f.height = e.height;
      f.encoding = e.encoding;
      f.channels = e.channels;
      f.planes = planes_of(e.encoding, e.aux);
      break;
    }
  }
  return f;
}

std::string check_image_entry(const ImageEntry& e) {
  if (e.bits != 8) return counted(e.bits, "bit") + " per channel, expected 8";
  if (e.shared != 0 || e.reserved != 0) return "shared data that its encoding does not use";
  return check_image(e.encoding, e.channels, e.width, e.height, e.bytes, e.aux);
}

}  // namespace headrace
