#include "kernels/packed/tile_encode.h"

#include <algorithm>
#include <cstring>

#include "kernels/packed/layout.h"

namespace headrace::packed {
namespace {

/// Writes codes first bit highest; the reader wants the bytes last first.
class BitWriter {
 public:
  explicit BitWriter(std::vector<uint8_t>& out) : out_(out), begin_(out.size()) {}

  void put(Code c) {
    bits_ = bits_ << c.length | c.bits;
    count_ += c.length;
    if (count_ < 32) return;
    for (int i = 0; i < 4; ++i) out_.push_back(uint8_t(bits_ >> (count_ -= 8)));
  }

  size_t finish() {
    for (; count_ >= 8;) out_.push_back(uint8_t(bits_ >> (count_ -= 8)));
    if (count_ > 0) out_.push_back(uint8_t(bits_ << (8 - count_)));
    std::reverse(out_.begin() + ptrdiff_t(begin_), out_.end());
    return out_.size() - begin_;
  }

 private:
  std::vector<uint8_t>& out_;
  size_t begin_;
  uint64_t bits_ = 0;
  int count_ = 0;
};

}  // namespace

bool encode_tile(const TileSymbols& tile, const TableSet& tables, std::vector<uint8_t>& out) {
  const size_t begin = out.size();
  TileHeader header;
  out.resize(begin + sizeof header);
  for (size_t s = 0; s < kStreams; ++s) {
    BitWriter stream(out);
    for (const Segment& segment : tile.segments) {
      const auto& codes = tables.encode[size_t(segment.context)];
      for (size_t i = segment.begin + s; i < segment.end; i += kStreams) stream.put(codes[tile.symbols[i]]);
    }
    const size_t bytes = stream.finish();
    if (bytes > UINT16_MAX) return false;
    header.stream_bytes[s] = uint16_t(bytes);
  }
  std::memcpy(out.data() + begin, &header, sizeof header);
  const size_t words = out.size();
  out.resize(words + 2 * tile.words.size());
  if (!tile.words.empty()) std::memcpy(out.data() + words, tile.words.data(), 2 * tile.words.size());
  out.insert(out.end(), tile.signs.begin(), tile.signs.end());
  return true;
}

}  // namespace headrace::packed
