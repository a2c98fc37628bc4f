// The marker segments of a JPEG file, in order, and what the ones say that coding its scans depends on: frame
// header, Huffman tables, restart interval, scan headers.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "headrace/status.h"
#include "kernels/jpeg_huffman_encode.h"

namespace headrace::jpeg {

inline constexpr uint8_t kSof0 = 0xC0, kSof1 = 0xC1, kSof2 = 0xC2, kDht = 0xC4, kSoi = 0xD8, kEoi = 0xD9,
                         kSos = 0xDA, kDqt = 0xDB, kDri = 0xDD, kApp0 = 0xE0, kCom = 0xFE;

/// A run of a file's bytes.
struct Piece {
  enum class Kind : uint8_t {
    segment,  ///< a marker and what belongs to it
    loose,    ///< outside of segments: scan data, fill bytes, extraneous bytes, restart markers
    tail,     ///< what follows the end of the image
    end,      ///< no more bytes
    broken    ///< a segment that is longer than the file, or a second start of image
  };
  Kind kind = Kind::end;
  uint8_t marker = 0;              ///< of a segment
  std::span<const uint8_t> bytes;  ///< all of it, marker included

  /// A segment's content: what follows marker and length.
  std::span<const uint8_t> content() const {
    return bytes.size() > 4 ? bytes.subspan(4) : bytes.subspan(bytes.size());
  }
};

/// Cuts a file, or a file without its scans' data, into pieces that together are all of its bytes.
class SegmentReader {
 public:
  explicit SegmentReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  Piece next();

  /// What follows the last piece.
  std::span<const uint8_t> rest() const { return bytes_.subspan(position_); }
  /// Leaves out the next `count` bytes, at most all of rest().
  void skip(size_t count) { position_ += count; }

 private:
  Piece take(Piece::Kind kind, uint8_t marker, size_t end);

  std::span<const uint8_t> bytes_;
  size_t position_ = 0;
  bool ended_ = false;  ///< the end of the image was seen
};

struct FrameComponent {
  uint8_t id = 0, h_samp = 1, v_samp = 1;
};

struct FrameHeader {
  bool defined = false;
  bool progressive = false;
  uint32_t height = 0, width = 0;
  uint32_t count = 0;
  std::array<FrameComponent, 3> components;
};

struct ScanHeader {
  struct Component {
    uint8_t index = 0;  ///< in the frame
    uint8_t dc_table = 0, ac_table = 0;
  };
  uint32_t count = 0;
  std::array<Component, 3> components;
  uint8_t first = 0, last = 63;  ///< spectral selection
  uint8_t high = 0, low = 0;     ///< successive approximation: bits known before, bits left out
};

/// What segments have said so far.
struct CodingState {
  FrameHeader frame;
  std::array<HuffmanTable, 4> dc_tables, ac_tables;
  uint32_t restart_interval = 0;  ///< MCUs; 0: none
  ScanHeader scan;                ///< the last one

  /// Takes in a segment of any kind. Errors ("packed.recipe"): what the segment says cannot be, or cannot be
  /// coded here.
  Status apply(const Piece& segment);

 private:
  Status read_frame(uint8_t marker, std::span<const uint8_t> content);
  Status read_tables(std::span<const uint8_t> content);
  Status read_scan(std::span<const uint8_t> content);
};

/// Where height (2 bytes, then width, 2 bytes) stands in the bytes of a frame header's segment.
inline constexpr size_t kFrameSizeOffset = 5;

inline bool is_frame_header(uint8_t marker) { return marker >= kSof0 && marker <= kSof2; }

}  // namespace headrace::jpeg
