#include "kernels/packed/quant_tables.h"

#include <algorithm>

#include "kernels/packed/layout.h"

namespace headrace::packed {
namespace {

// Tables K.1 and K.2 of ITU-T T.81.
constexpr std::array<uint8_t, 64> kLuma = {
    16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,  14, 13, 16, 24, 40,  57,
    69, 56, 14, 17, 22,  29,  51,  87,  80, 62, 18, 22, 37,  56,  68,  109, 103, 77, 24, 35, 55,  64,
    81, 104, 113, 92, 49, 64, 78,  87,  103, 121, 120, 101, 72, 92, 95,  98,  112, 100, 103, 99};
constexpr std::array<uint8_t, 64> kChroma = {
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
    99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};

/// libjpeg's scaling: 50 is the table itself, 100 all ones; steps from 1 to 255.
QuantTable scaled(const std::array<uint8_t, 64>& base, int quality) {
  const int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  QuantTable table{};
  for (size_t i = 0; i < 64; ++i) table[i] = uint16_t(std::clamp((base[i] * percent + 50) / 100, 1, 255));
  return table;
}

bool find_quality(const QuantTable& table, const std::array<uint8_t, 64>& base, uint8_t& quality) {
  for (int q = 1; q <= 100; ++q) {
    if (scaled(base, q) != table) continue;
    quality = uint8_t(q);
    return true;
  }
  return false;
}

}  // namespace

void write_quant_table(const QuantTable& table, std::vector<uint8_t>& out) {
  uint8_t quality = 0;
  if (find_quality(table, kLuma, quality)) {
    out.insert(out.end(), {uint8_t(QuantKind::ijg_luma), quality});
  } else if (find_quality(table, kChroma, quality)) {
    out.insert(out.end(), {uint8_t(QuantKind::ijg_chroma), quality});
  } else if (std::all_of(table.begin(), table.end(), [](uint16_t v) { return v < 256; })) {
    out.push_back(uint8_t(QuantKind::bytes));
    for (const uint16_t v : table) out.push_back(uint8_t(v));
  } else {
    out.push_back(uint8_t(QuantKind::words));
    for (const uint16_t v : table) out.insert(out.end(), {uint8_t(v), uint8_t(v >> 8)});
  }
}

bool read_quant_table(std::span<const uint8_t> bytes, size_t& at, QuantTable& table) {
  if (at >= bytes.size()) return false;
  const uint8_t kind = bytes[at++];
  const size_t need = kind <= uint8_t(QuantKind::ijg_chroma) ? 1 : kind == uint8_t(QuantKind::bytes) ? 64 : 128;
  if (kind > uint8_t(QuantKind::words) || bytes.size() - at < need) return false;
  if (need == 1) {
    const int quality = bytes[at++];
    if (quality < 1 || quality > 100) return false;
    table = scaled(kind == uint8_t(QuantKind::ijg_luma) ? kLuma : kChroma, quality);
    return true;
  }
  for (size_t i = 0; i < 64; ++i) {
    table[i] = need == 64 ? bytes[at + i] : uint16_t(bytes[at + 2 * i] | bytes[at + 2 * i + 1] << 8);
    if (table[i] > INT16_MAX) return false;
  }
  at += need;
  return true;
}

}  // namespace headrace::packed
