// Quantisation tables as packed images hold them: two bytes for the example tables of the JPEG standard at one of
// libjpeg's qualities, else in full.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace headrace::packed {

using QuantTable = std::array<uint16_t, 64>;  ///< natural order

void write_quant_table(const QuantTable& table, std::vector<uint8_t>& out);

/// Reads one table at `at` and moves it on; false if the bytes end or are none.
bool read_quant_table(std::span<const uint8_t> bytes, size_t& at, QuantTable& table);

}  // namespace headrace::packed
