#include "kernels/jpeg_segments.h"

#include <cstring>
#include <string>

#include "headrace/counted.h"

namespace headrace::jpeg {
namespace {

constexpr uint8_t kTem = 0x01, kRst0 = 0xD0, kRst7 = 0xD7;

Status error(std::string message) { return Status("packed.recipe", "", std::move(message)); }

std::string hex(uint8_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  return std::string("0x") + kDigits[value >> 4] + kDigits[value & 15];
}

}  // namespace

Piece SegmentReader::take(Piece::Kind kind, uint8_t marker, size_t end) {
  const Piece piece{kind, marker, bytes_.subspan(position_, end - position_)};
  position_ = end;
  return piece;
}

Piece SegmentReader::next() {
  const size_t size = bytes_.size();
  if (position_ == size) return {};
  if (ended_) return take(Piece::Kind::tail, 0, size);
  size_t at = position_;
  uint8_t marker = 0;
  while (true) {  // to the marker that follows
    const void* found = std::memchr(bytes_.data() + at, 0xFF, size - at);
    if (!found) return take(Piece::Kind::loose, 0, size);
    at = static_cast<size_t>(static_cast<const uint8_t*>(found) - bytes_.data());
    while (at < size && bytes_[at] == 0xFF) ++at;
    if (at == size) return take(Piece::Kind::loose, 0, size);
    marker = bytes_[at];
    if (marker != 0 && marker != kTem && (marker < kRst0 || marker > kRst7)) break;
    if (++at == size) return take(Piece::Kind::loose, 0, size);
  }
  const size_t begin = at - 1;
  if (begin > position_) return take(Piece::Kind::loose, 0, begin);
  if (marker == kEoi) {
    ended_ = true;
    return take(Piece::Kind::segment, marker, begin + 2);
  }
  if (marker == kSoi) {
    return begin == 0 ? take(Piece::Kind::segment, marker, 2) : take(Piece::Kind::broken, marker, size);
  }
  if (size - begin < 4) return take(Piece::Kind::broken, marker, size);
  const size_t length = size_t{bytes_[begin + 2]} << 8 | bytes_[begin + 3];
  if (length < 2 || length > size - begin - 2) return take(Piece::Kind::broken, marker, size);
  return take(Piece::Kind::segment, marker, begin + 2 + length);
}

Status CodingState::apply(const Piece& segment) {
  const std::span<const uint8_t> content = segment.content();
  switch (segment.marker) {
    case kSof0:
    case kSof1:
    case kSof2:
      return read_frame(segment.marker, content);
    case kDht:
      return read_tables(content);
    case kSos:
      return read_scan(content);
    case kDri:
      if (content.size() != 2) return error("bad length of a restart interval segment");
      restart_interval = uint32_t{content[0]} << 8 | content[1];
      return {};
    case kSoi:
    case kEoi:
    case kDqt:
    case kCom:
      return {};
    default:
      if (segment.marker >= kApp0 && segment.marker <= kApp0 + 15) return {};
      return error("marker " + hex(segment.marker) + " is not supported");
  }
}

Status CodingState::read_frame(uint8_t marker, std::span<const uint8_t> content) {
  if (frame.defined) return error("two frame headers");
  if (content.size() < 6) return error("bad length of the frame header");
  const uint32_t count = content[5];
  if (count != 1 && count != 3) return error("a frame of " + counted(count, "component"));
  if (content.size() != 6 + 3 * count) return error("bad length of the frame header");
  if (content[0] != 8) return error("samples of " + counted(content[0], "bit"));
  frame.progressive = marker == kSof2;
  frame.height = uint32_t{content[1]} << 8 | content[2];
  frame.width = uint32_t{content[3]} << 8 | content[4];
  frame.count = count;
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t* entry = &content[6 + 3 * i];
    frame.components[i] = {entry[0], static_cast<uint8_t>(entry[1] >> 4),
                           static_cast<uint8_t>(entry[1] & 15)};
  }
  frame.defined = true;
  // Sequential files may leave the standard tables out, as the frames of Motion JPEG do.
  for (int i = 0; i < 2 && !frame.progressive; ++i) {
    if (!dc_tables[i].defined) dc_tables[i] = standard_table(false, i);
    if (!ac_tables[i].defined) ac_tables[i] = standard_table(true, i);
  }
  return {};
}

Status CodingState::read_tables(std::span<const uint8_t> content) {
  while (!content.empty()) {
    const uint8_t place = content[0];
    if ((place & 15) > 3 || place >> 4 > 1) return error("bad Huffman table index " + hex(place));
    HuffmanTable table;
    const size_t used = table.read(content.subspan(1));
    if (used == 0) return error("bad Huffman table");
    (place >> 4 ? ac_tables : dc_tables)[place & 15] = table;
    content = content.subspan(1 + used);
  }
  return {};
}

Status CodingState::read_scan(std::span<const uint8_t> content) {
  if (!frame.defined) return error("a scan before the frame header");
  scan = {};
  scan.count = content.empty() ? 0 : content[0];
  if (scan.count < 1 || scan.count > frame.count) return error("bad number of components in a scan");
  if (content.size() != 4 + 2 * scan.count) return error("bad length of a scan header");
  for (uint32_t i = 0; i < scan.count; ++i) {
    const uint8_t id = content[1 + 2 * i], tables = content[2 + 2 * i];
    uint32_t index = 0;
    while (index < frame.count && frame.components[index].id != id) ++index;
    if (index == frame.count)
      return error("a scan names component " + std::to_string(id) + ", which is not in the frame");
    // The order of the frame is asked for by the format, and makes a component's second mention impossible.
    if (i > 0 && index <= scan.components[i - 1].index)
      return error("a scan's components are not in the frame's order");
    if (tables >> 4 > 3 || (tables & 15) > 3) return error("bad Huffman table index in a scan header");
    scan.components[i] = {static_cast<uint8_t>(index), static_cast<uint8_t>(tables >> 4),
                          static_cast<uint8_t>(tables & 15)};
  }
  const uint8_t* end = &content[1 + 2 * scan.count];
  scan.first = end[0];
  scan.last = end[1];
  scan.high = end[2] >> 4;
  scan.low = end[2] & 15;
  return {};
}

}  // namespace headrace::jpeg
