// What the stages of the inverse DCTs are built from: vectors that hold the same coefficients of different
// blocks in their 128-bit parts.
#pragma once

#include <array>
#include <vector>

#include "ir/loop_build.h"

namespace headrace::lowering {

/// An hr_block_row.
struct BlockRow {
  loop::V masks, offsets, dc;
};

/// A block of a row, by its column.
struct BlockAt {
  const BlockRow& row;
  loop::V column;
};

/// Two 13-bit weights of neighbouring lanes.
struct LanePair {
  int32_t a, b;
};

/// Interleaved inputs of a 1-D transform: (0, 4), (2, 6), (1, 5), (3, 7).
struct LanePairs {
  loop::V p04, p26, p15, p37;
};

/// Both tiles of group g, dequantised, of a block in each 128-bit part: an even number of blocks.
std::array<loop::V, 2> load_tiles(const std::vector<BlockAt>& blocks, loop::V values, loop::V quant, int g);

/// Rows of columns 0 to 3 or, `right`, 4 to 7, from a block's eight tiles.
LanePairs row_pairs(const std::array<loop::V, 8>& tiles, bool right);

/// The same along the rows, from four rows of the first pass: rows[k] has the row's columns in order of
/// pairs.
LanePairs column_pairs(const loop::V* rows);

/// For inputs 4 to 7 that are zero. Columns 0, 2, 1, 3 of rows 0 and 2, or 1 and 3, from the tiles of group
/// 0.
loop::V row_pairs_few(const std::array<loop::V, 2>& tiles, bool odd);
/// In each 128 bits, every other 32-bit lane of a, then of c.
loop::V alternate(loop::V a, loop::V c, int first);

/// weights.a times each even lane plus weights.b times the odd one after it.
loop::V dot(loop::V pairs, LanePair weights);

/// The same bits.
loop::V as(loop::V v, loop::Type t);

}  // namespace headrace::lowering
