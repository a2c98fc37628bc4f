// Entropy coding of one tile.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/packed/code_tables.h"
#include "kernels/packed/tile_model.h"

namespace headrace::packed {

/// Appends the tile's bytes; false if a stream is too long for its header (cannot happen for a JPEG's coefficients).
bool encode_tile(const TileSymbols& tile, const TableSet& tables, std::vector<uint8_t>& out);

}  // namespace headrace::packed
