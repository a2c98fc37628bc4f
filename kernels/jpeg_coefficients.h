// A JPEG's quantised DCT coefficients in memory, as libjpeg-turbo reads them: what the packed encoding keeps
// and what the original file is rebuilt from.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "headrace/status.h"
#include "kernels/decode_limits.h"

namespace headrace {

/// 64 coefficients in natural order: [8 v + u], v the vertical frequency.
using CoefficientBlock = std::array<int16_t, 64>;

struct CoefficientComponent {
  uint8_t id = 0;      ///< as in the frame header
  uint8_t h_samp = 1;  ///< sampling factors, 1 to 4
  uint8_t v_samp = 1;
  /// Blocks that cover the component's samples: ceil(ceil(width h_samp / h_max) / 8).
  uint32_t blocks_wide = 0, blocks_high = 0;
  /// Blocks of whole MCUs; what lies beyond blocks_wide x blocks_high is padding, which decoding never shows.
  uint32_t padded_wide = 0, padded_high = 0;
  /// Quantisation table the component's first scan used; natural order.
  std::array<uint16_t, 64> quant{};
  /// padded_high rows of padded_wide blocks.
  std::vector<CoefficientBlock> blocks;

  const CoefficientBlock& block(uint32_t row, uint32_t column) const {
    return blocks[size_t{row} * padded_wide + column];
  }
};

/// Colour of the decoded planes, as libjpeg resolves it (JFIF marker, Adobe marker, component ids).
enum class CoefficientColor : uint8_t { gray = 0, ycbcr = 1, rgb = 2 };

struct CoefficientImage {
  uint32_t width = 0, height = 0;  ///< pixels
  CoefficientColor color = CoefficientColor::gray;
  uint8_t h_max = 1, v_max = 1;                  ///< largest sampling factors
  std::vector<CoefficientComponent> components;  ///< 1 or 3
  uint64_t warnings = 0;  ///< tolerated oddities (extraneous bytes, odd marker versions)
};

/// Reads every scan of a baseline, extended or progressive Huffman JPEG with 8-bit samples. Every bad Huffman
/// code is noticed. Memory that `image` holds is used again. A gray image has sampling factors of 1, whatever
/// its file states. libjpeg's arrays and `image` hold all coefficients at the same time, which must fit the
/// limit on memory. Errors as of jpeg_check(), and "packed.unsupported" for a whole JPEG of a kind that is
/// not packed: the message says why for people ("CMYK", "4:1:1 subsampling", "incomplete progressive scans",
/// whose blocks libjpeg would smooth), `kept`, if given, for programs (HR_KEPT_*; as it was after any other
/// result). `where` is empty.
Status read_coefficients(std::span<const uint8_t> data, const DecodeLimits& limits, CoefficientImage& image,
                         uint32_t* kept = nullptr);

}  // namespace headrace
