#include "kernels/jpeg_recipe_plain.h"

#include <algorithm>

#include "kernels/jpeg_segments.h"
#include "kernels/jpeg_zigzag.h"

namespace headrace::jpeg {
namespace {

using Bytes = std::vector<uint8_t>;

void append(Bytes& out, std::span<const uint8_t> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void append_segment(Bytes& out, uint8_t marker, std::span<const uint8_t> content) {
  const size_t length = content.size() + 2;
  const uint8_t head[] = {0xFF, marker, static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)};
  append(out, head);
  append(out, content);
}

/// The file's metadata segments: those before its first scan, or those after it.
void append_metadata(Bytes& out, std::span<const uint8_t> data, bool after_first_scan) {
  bool scan_seen = false;
  SegmentReader reader(data);
  for (Piece piece = reader.next(); piece.kind == Piece::Kind::segment || piece.kind == Piece::Kind::loose;
       piece = reader.next()) {
    if (piece.kind == Piece::Kind::loose) continue;
    const bool metadata = piece.marker == kCom || (piece.marker >= kApp0 && piece.marker <= kApp0 + 15);
    if (metadata && scan_seen == after_first_scan) append(out, piece.bytes);
    scan_seen |= piece.marker == kSos;
  }
}

bool is_16_bit(const CoefficientComponent& c) {
  return std::any_of(c.quant.begin(), c.quant.end(), [](uint16_t q) { return q > 255; });
}

/// Equal tables are written once. Returns the table number of each component.
std::vector<uint8_t> append_quantisation(Bytes& out, const CoefficientImage& image) {
  std::vector<uint8_t> numbers;
  uint8_t next = 0;
  for (size_t i = 0; i < image.components.size(); ++i) {
    const CoefficientComponent& c = image.components[i];
    size_t same = 0;
    while (image.components[same].quant != c.quant) ++same;
    if (same < i) {
      numbers.push_back(numbers[same]);
      continue;
    }
    const bool wide = is_16_bit(c);
    Bytes table = {static_cast<uint8_t>(wide << 4 | next)};
    for (const uint8_t position : kZigzagToNatural) {
      if (wide) table.push_back(static_cast<uint8_t>(c.quant[position] >> 8));
      table.push_back(static_cast<uint8_t>(c.quant[position]));
    }
    append_segment(out, kDqt, table);
    numbers.push_back(next++);
  }
  return numbers;
}

/// The 256 symbols, each with a code: of 8 bits for those of the smaller sizes, which are frequent, else
/// of 9.
HuffmanTable every_symbol_table() {
  HuffmanTable table;
  table.counts[7] = 254;
  table.counts[8] = 2;
  for (unsigned i = 0; i < 256; ++i) table.symbols[i] = static_cast<uint8_t>((i & 15) << 4 | i >> 4);
  return table;
}

void append_huffman(Bytes& out, bool ac, uint8_t index, const HuffmanTable& table) {
  Bytes content = {static_cast<uint8_t>(ac << 4 | index)};
  size_t total = 0;
  for (const uint8_t count : table.counts) total += count;
  append(content, table.counts);
  append(content, std::span(table.symbols).first(total));
  append_segment(out, kDht, content);
}

/// As many DC symbols as there are sizes: decoders refuse others.
HuffmanTable every_size_table() {
  HuffmanTable table;
  table.counts[4] = 16;
  for (uint8_t i = 0; i < 16; ++i) table.symbols[i] = i;
  return table;
}

}  // namespace

std::vector<uint8_t> plain_headers(std::span<const uint8_t> data, const CoefficientImage& image,
                                   bool every_symbol) {
  Bytes out = {0xFF, kSoi};
  append_metadata(out, data, false);
  const std::vector<uint8_t> quantisation = append_quantisation(out, image);

  const auto count = static_cast<uint8_t>(image.components.size());
  const bool extended =
      every_symbol || std::any_of(image.components.begin(), image.components.end(), is_16_bit);
  Bytes frame = {8, 0, 0, 0, 0, count}, scan = {count};
  for (uint8_t i = 0; i < count; ++i) {
    const CoefficientComponent& c = image.components[i];
    append(frame, Bytes{c.id, static_cast<uint8_t>(c.h_samp << 4 | c.v_samp), quantisation[i]});
    append(scan, Bytes{c.id, static_cast<uint8_t>(i == 0 ? 0x00 : 0x11)});
  }
  append(scan, Bytes{0, 63, 0});
  append_segment(out, extended ? kSof1 : kSof0, frame);
  for (uint8_t i = 0; i < std::min<uint8_t>(count, 2); ++i) {
    append_huffman(out, false, i, every_symbol ? every_size_table() : standard_table(false, i));
    append_huffman(out, true, i, every_symbol ? every_symbol_table() : standard_table(true, i));
  }
  append_segment(out, kSos, scan);
  append_metadata(out, data, true);
  append(out, Bytes{0xFF, kEoi});
  return out;
}

}  // namespace headrace::jpeg
