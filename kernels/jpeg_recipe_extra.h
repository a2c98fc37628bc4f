// The bytes of JpegRecipe::extra.
//
// Nothing at all if there is nothing to say: no insertions, fill bits of ones, usual padding blocks.
// Otherwise:
//
//   u8       how segments of scan data are filled up to a whole byte: 0 with ones, 1 with zeros, 2 as listed
//   varint   number of insertions, then for each
//     varint   how many bytes of `headers` lie between the one before (or the start) and this one; 0 only for
//              the first
//     varint   how many bytes are inserted, at least 1
//   if fill bits are listed:
//     varint   number of entries
//   varint   number of unusual padding blocks
//   bytes    of all insertions
//   u8 each  fill bits of each segment (a scan, or what lies between restart markers) whose data do not end
//            with a whole byte, in order: the low bits of its last byte
//   for each unusual padding block
//     varint   how many padding blocks as usual come between the one before (or the first) and this one;
//              padding blocks count component by component, row by row, whether or not a scan codes them
//     u64      bit 8 v + u: coefficient (v, u) is not zero; little-endian
//     i16 each the nonzero coefficients, in order of their bits; little-endian
//
// Nothing follows. A varint has 7 bits a byte, lowest first, the high bit set in all but the last byte; at
// most 9 bytes. `headers` with the insertions is the file without its scans' data, but for height and width
// in the frame header, which are 0. A scan's data belong right behind its scan header.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headrace/status.h"
#include "kernels/jpeg_fill_bits.h"
#include "kernels/jpeg_padding.h"

namespace headrace::jpeg {

struct RecipeExtra {
  struct Insertion {
    uint64_t distance = 0;  ///< bytes of `headers` since the insertion before
    uint64_t size = 0;
  };
  std::vector<Insertion> insertions;
  std::vector<uint8_t> inserted;  ///< bytes of all of them
  FillMode fill_mode = FillMode::ones;
  std::vector<uint8_t> fill_bits;  ///< if listed
  std::vector<PaddingBlock> padding;
};

/// Appends to `extra`'s last insertion, or makes a new one, `distance` bytes of headers behind the last.
void insert(RecipeExtra& extra, uint64_t distance, std::span<const uint8_t> bytes);

std::vector<uint8_t> write_extra(const RecipeExtra& extra);

/// How much a recipe can have to say.
struct ExtraLimits {
  size_t header_bytes = 0;
  size_t padding_blocks = 0;
};

/// Errors ("packed.recipe"): bytes that say none, or one beyond the limits.
Status read_extra(std::span<const uint8_t> bytes, const ExtraLimits& limits, RecipeExtra& extra);

/// `headers`, as long as the limits said, with the insertions in their places.
std::vector<uint8_t> merge_insertions(std::span<const uint8_t> headers, const RecipeExtra& extra);

}  // namespace headrace::jpeg
