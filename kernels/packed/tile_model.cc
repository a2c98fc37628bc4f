#include "kernels/packed/tile_model.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "kernels/jpeg_zigzag.h"

namespace headrace::packed {
namespace {

/// The mask of AC coefficients in tile order: nibbles of two rows make a tile.
uint64_t mask_of(const CoefficientBlock& block) {
  const uint64_t n = jpeg::nonzero_natural(block.data()) & ~uint64_t{1};
  const uint64_t left = (n & 0x000F000F000F000Fu) | (n >> 4 & 0x00F000F000F000F0u);        // 16 bits per two rows
  const uint64_t right = (n >> 4 & 0x000F000F000F000Fu) | (n >> 8 & 0x00F000F000F000F0u);
  const auto tile = [](uint64_t half, int rows, int to) { return (half >> (16 * rows) & 0xFF) << (8 * to); };
  return tile(left, 0, 0) | tile(left, 1, 1) | tile(right, 0, 2) | tile(left, 2, 3) | tile(right, 1, 4) | tile(left, 3, 5) |
         tile(right, 2, 6) | tile(right, 3, 7);
}

uint16_t zigzag(int16_t v) { return uint16_t(uint16_t(v) << 1 ^ uint16_t(v >> 15)); }

class Modeller {
 public:
  explicit Modeller(TileSymbols& out) : out_(out) {
    out.symbols.clear();
    out.segments.clear();
    out.words.clear();
    out.signs.clear();
    out.blocks.clear();
    out.masks.clear();
    out.classes.clear();
    out.dc.clear();
    out.large.clear();
  }

  void add_component(const CoefficientComponent& c, const TilePart& p) {
    for (uint32_t y = 0; y < p.high; ++y) {
      for (uint32_t x = 0; x < p.wide; ++x) {
        const CoefficientBlock& b = c.block(p.row + y, p.column + x);
        const int16_t left = x > 0 ? c.block(p.row + y, p.column + x - 1)[0] : y > 0 ? c.block(p.row + y - 1, p.column)[0] : int16_t{0};
        const uint64_t mask = mask_of(b);
        out_.blocks.push_back(&b);
        out_.masks.push_back(mask);
        out_.classes.push_back(uint8_t((std::bit_width(mask) + 15) / 16));
        out_.dc.push_back(zigzag(int16_t(uint16_t(b[0]) - uint16_t(left))));
      }
    }
  }

  void classes(int context, size_t begin, size_t end) {
    start();
    for (size_t i = begin; i < end; i += 3) {
      auto at = [&](size_t k) { return k < end ? int(out_.classes[k]) : 0; };
      push(uint8_t(at(i) + 5 * at(i + 1) + 25 * at(i + 2)));
    }
    finish(context);
  }

  void sort(size_t luma) {
    luma_ = uint32_t(luma);
    out_.sorted.clear();
    for (uint8_t cls = 0; cls < kClasses; ++cls) {
      first_[cls] = uint32_t(out_.sorted.size());
      for (uint32_t b = 0; b < out_.classes.size(); ++b) {
        if (out_.classes[b] == cls) out_.sorted.push_back(b);
      }
    }
    first_[kClasses] = uint32_t(out_.sorted.size());
  }

  void masks() {
    for (int cls = 1; cls < kClasses; ++cls) {
      for (int tile = 0; tile < 2 * cls; ++tile) {
        start();
        for_class(cls, [&](uint32_t b) { push(uint8_t(out_.masks[b] >> (8 * tile))); });
        finish(mask_context(cls, tile));
      }
    }
  }

  void values() {
    for (int cls = 1; cls < kClasses; ++cls) {
      for (int group = 0; group < cls; ++group) {
        start();
        int pending = -1;
        auto slot = [&](int nibble, bool negative) {
          if (slots_ % 8 == 0) out_.signs.push_back(0);
          out_.signs.back() |= uint8_t(int{negative} << (slots_ % 8));
          ++slots_;
          if (pending < 0) {
            pending = nibble;
            return;
          }
          push(uint8_t(pending | nibble << 4));
          pending = -1;
        };
        for_class(cls, [&](uint32_t b) {
          for (uint64_t m = out_.masks[b] & (uint64_t{0xFFFF} << (16 * group)); m != 0; m &= m - 1) {
            const int v = (*out_.blocks[b])[kTileOrder[size_t(std::countr_zero(m))]];
            const int magnitude = std::abs(v);
            slot(std::min(magnitude - 1, 15), v < 0);
            if (magnitude < 16) continue;
            out_.large.push_back(uint8_t(std::min(magnitude - 16, 255)));
            if (magnitude - 16 >= 255) out_.words.push_back(uint16_t(magnitude));
          }
        });
        if (pending >= 0) slot(0, false);
        finish(pair_context(cls, group));
      }
    }
    start();
    for (const uint8_t s : out_.large) push(s);
    finish(kLarge);
  }

  void dc() {
    for (const bool chroma : {false, true}) {
      for (int cls = 0; cls < kClasses; ++cls) {
        start();
        for_class(cls, [&](uint32_t b) {
          if ((b >= luma_) != chroma) return;
          const uint16_t z = out_.dc[b];
          push(uint8_t(std::min<uint16_t>(z, 255)));
          if (z >= 255) out_.words.push_back(z);
        });
        finish((chroma ? kDcChroma : kDcLuma) + cls);
      }
    }
  }

 private:
  void start() { begin_ = uint32_t(out_.symbols.size()); }
  void push(uint8_t symbol) { out_.symbols.push_back(symbol); }
  void finish(int context) {
    if (out_.symbols.size() > begin_) out_.segments.push_back({context, begin_, uint32_t(out_.symbols.size())});
  }
  template <class F>
  void for_class(int cls, F&& f) {
    for (uint32_t i = first_[size_t(cls)]; i < first_[size_t(cls) + 1]; ++i) f(out_.sorted[i]);
  }

  TileSymbols& out_;
  uint32_t begin_ = 0, luma_ = 0;
  size_t slots_ = 0;
  std::array<uint32_t, kClasses + 1> first_{};
};

}  // namespace

void model_tile(const CoefficientImage& image, const Grid& grid, uint32_t tile_column, uint32_t tile_row, TileSymbols& out) {
  const auto parts = tile_parts(grid, tile_column, tile_row);
  Modeller m(out);
  size_t luma = 0;
  for (uint32_t c = 0; c < grid.components; ++c) {
    m.add_component(image.components[c], parts[c]);
    if (c == 0) luma = out.blocks.size();
  }
  m.classes(kClassLuma, 0, luma);
  m.classes(kClassChroma, luma, out.blocks.size());
  m.sort(luma);
  m.masks();
  m.values();
  m.dc();
}

}  // namespace headrace::packed
