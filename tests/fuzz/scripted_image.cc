#include <algorithm>
#include <array>
#include <cstdlib>

#include "scripted_jpeg.h"

namespace headrace::fuzz {
namespace {

/// What idct.h asks of the absolute values of a dequantised block, for any decoder to agree.
constexpr int kMaxColumnSum = 2900, kMaxBlockSum = 2100;

/// Fills a block up to the bound.
class BoundedBlock {
 public:
  BoundedBlock(CoefficientBlock& block, const std::array<uint16_t, 64>& quant)
      : block_(block), quant_(quant) {}

  /// Sets a coefficient to the value, or to the nearest to zero that fits.
  void set(size_t at, int value) {
    const int step = quant_[at];
    const int room = std::min(kMaxBlockSum - block_sum_, kMaxColumnSum - column_sum_[at % 8]) / step;
    value = std::clamp(value, -room, room);
    block_sum_ += (std::abs(value) - std::abs(block_[at])) * step;
    column_sum_[at % 8] += (std::abs(value) - std::abs(block_[at])) * step;
    block_[at] = int16_t(value);
  }

 private:
  CoefficientBlock& block_;
  const std::array<uint16_t, 64>& quant_;
  int block_sum_ = 0;
  std::array<int, 8> column_sum_{};
};

/// How a script fills a block.
enum class Fill : uint8_t { empty, flat, sparse, dense, copy, kinds };

void fill_block(ByteScript& script, CoefficientComponent& c, size_t index) {
  CoefficientBlock& block = c.blocks[index];
  block.fill(0);
  const uint8_t choice = script.byte();
  const auto fill = Fill(choice % uint8_t(Fill::kinds));
  if (fill == Fill::copy) {
    if (index > 0) block = c.blocks[index - 1 - choice % std::min<size_t>(index, 8)];
    return;
  }
  if (fill == Fill::empty) return;
  BoundedBlock bounded(block, c.quant);
  bounded.set(0, int(script.between(0, 2047)) - 1024);
  if (fill == Fill::sparse) {
    for (uint32_t left = choice / uint8_t(Fill::kinds) % 16; left > 0; --left) {
      const uint8_t where = script.byte();
      const int value = where & 64 ? int(script.between(0, 2046)) - 1023 : int8_t(script.byte());
      // Each coefficient once: what was set before stays.
      if (const size_t at = where & 63; at > 0 && block[at] == 0) bounded.set(at, value);
    }
  } else if (fill == Fill::dense) {
    uint32_t state = script.word() * 2654435761u + 1;
    const int range = 1 << script.byte() % 4;
    const size_t start = script.byte();
    for (size_t i = 0; i < 64; ++i) {
      state = state * 1664525u + 1013904223u;
      // Not in order: the first ones take most of the bound.
      const size_t at = (start + 29 * i) % 64;
      if (at > 0) bounded.set(at, int(state >> 16) % (2 * range + 1) - range);
    }
  }
}

void fill_quantisation(ByteScript& script, std::array<uint16_t, 64>& quant) {
  const uint8_t choice = script.byte(), base = script.byte();
  for (size_t i = 0; i < 64; ++i) {
    switch (choice % 4) {
      case 0:
        quant[i] = uint16_t(1 + base % 64);
        break;
      case 1:
        quant[i] = uint16_t(1 + (i / 8 + i % 8) * (base % 16));
        break;
      case 2:
        quant[i] = uint16_t(std::max<int>(script.byte(), 1));
        break;
      default:  // beyond a byte, which only extended files can have
        quant[i] = uint16_t(1 + (base * 37 + i * choice) % 400);
    }
  }
}

struct Kind {
  CoefficientColor color;
  uint8_t h_max, v_max;
};
constexpr std::array<Kind, 6> kKinds = {{{CoefficientColor::gray, 1, 1},
                                         {CoefficientColor::ycbcr, 1, 1},
                                         {CoefficientColor::ycbcr, 2, 1},
                                         {CoefficientColor::ycbcr, 2, 2},
                                         {CoefficientColor::ycbcr, 1, 2},
                                         {CoefficientColor::rgb, 1, 1}}};

}  // namespace

CoefficientImage scripted_image(ByteScript& script) {
  const Kind& kind = kKinds[script.between(0, kKinds.size() - 1)];
  CoefficientImage image;
  image.width = script.between(1, 100);
  image.height = script.between(1, 100);
  script.continue_with(script.byte());
  image.color = kind.color;
  image.h_max = kind.h_max;
  image.v_max = kind.v_max;
  image.components.resize(kind.color == CoefficientColor::gray ? 1 : 3);
  const auto blocks = [](uint32_t samples) { return (samples + 7) / 8; };
  for (size_t i = 0; i < image.components.size(); ++i) {
    CoefficientComponent& c = image.components[i];
    c.id = kind.color == CoefficientColor::rgb ? uint8_t("RGB"[i]) : uint8_t(i + 1);
    c.h_samp = i == 0 ? kind.h_max : 1;
    c.v_samp = i == 0 ? kind.v_max : 1;
    c.blocks_wide = blocks((image.width * c.h_samp + kind.h_max - 1) / kind.h_max);
    c.blocks_high = blocks((image.height * c.v_samp + kind.v_max - 1) / kind.v_max);
    c.padded_wide = (c.blocks_wide + c.h_samp - 1u) / c.h_samp * c.h_samp;
    c.padded_high = (c.blocks_high + c.v_samp - 1u) / c.v_samp * c.v_samp;
    fill_quantisation(script, c.quant);
  }
  for (CoefficientComponent& c : image.components) {
    c.blocks.resize(size_t{c.padded_wide} * c.padded_high);
    for (size_t b = 0; b < c.blocks.size(); ++b) fill_block(script, c, b);
  }
  return image;
}

}  // namespace headrace::fuzz
