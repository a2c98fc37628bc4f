#include "kernels/jpeg_padding.h"

namespace headrace::jpeg {
namespace {

/// The DC of the block of `c` coded before the padding block at (row, column): to its left in the same MCU,
/// or the last of the MCU's row above. An MCU's first block is never padding.
int16_t dc_before(const CoefficientComponent& c, uint32_t row, uint32_t column) {
  if (column % c.h_samp != 0) return c.block(row, column - 1)[0];
  return c.block(row - 1, column + c.h_samp - 1)[0];
}

bool is_usual(const CoefficientBlock& block, int16_t dc) {
  int any_ac = 0;
  for (size_t i = 1; i < block.size(); ++i) any_ac |= block[i];
  return any_ac == 0 && block[0] == dc;
}

/// Calls visit(row, column) for each padding block of `c`.
template <class Visit>
void for_each_padding(const CoefficientComponent& c, Visit&& visit) {
  for (uint32_t row = 0; row < c.padded_high; ++row) {
    const uint32_t begin = row < c.blocks_high ? c.blocks_wide : 0;
    for (uint32_t column = begin; column < c.padded_wide; ++column) visit(row, column);
  }
}

}  // namespace

size_t padding_count(const CoefficientImage& image) {
  size_t count = 0;
  for (const CoefficientComponent& c : image.components) {
    count += size_t{c.padded_wide} * c.padded_high - size_t{c.blocks_wide} * c.blocks_high;
  }
  return count;
}

std::vector<PaddingBlock> unusual_padding(const CoefficientImage& image, std::span<const bool> coded) {
  std::vector<PaddingBlock> unusual;
  uint64_t skipped = 0;
  for (size_t i = 0; i < image.components.size(); ++i) {
    const CoefficientComponent& c = image.components[i];
    for_each_padding(c, [&](uint32_t row, uint32_t column) {
      const CoefficientBlock& block = c.block(row, column);
      if (!coded[i] || is_usual(block, dc_before(c, row, column))) {
        ++skipped;
      } else {
        unusual.push_back({skipped, block});
        skipped = 0;
      }
    });
  }
  return unusual;
}

bool fill_padding(CoefficientImage& image, std::span<const PaddingBlock> unusual) {
  uint64_t skipped = 0;
  for (CoefficientComponent& c : image.components) {
    for_each_padding(c, [&](uint32_t row, uint32_t column) {
      CoefficientBlock& block = c.blocks[size_t{row} * c.padded_wide + column];
      if (!unusual.empty() && unusual.front().skipped == skipped) {
        block = unusual.front().block;
        unusual = unusual.subspan(1);
        skipped = 0;
      } else {
        block.fill(0);
        block[0] = dc_before(c, row, column);
        ++skipped;
      }
    });
  }
  return unusual.empty();
}

}  // namespace headrace::jpeg
