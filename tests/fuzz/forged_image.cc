#include "forged_image.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "kernels/coefficient_rows.h"
#include "kernels/packed/code_tables.h"
#include "kernels/packed/layout.h"
#include "kernels/packed/quant_tables.h"
#include "kernels/packed/tile_encode.h"

namespace headrace::fuzz {
namespace {

using packed::Grid;
using packed::kClasses;
using packed::TileSymbols;

constexpr std::array<uint8_t, 6> kPlanes = {HR_PLANES_GRAY, HR_PLANES_444, HR_PLANES_422,
                                            HR_PLANES_420,  HR_PLANES_440, HR_PLANES_444 | HR_PLANES_RGB};

/// Bytes drawn the way the script says: one value, its own bytes, or noise under a mask.
class Draw {
 public:
  explicit Draw(ByteScript& script) : script_(script), mode_(script.byte() % 4), value_(script.byte()) {
    state_ = value_ * 2654435761u + 1;
    keep_ = mode_ == 3 ? script.byte() : 0xFF;
  }
  uint8_t next() {
    if (mode_ == 0) return value_;
    if (mode_ == 1) return script_.byte();
    state_ = state_ * 1664525u + 1013904223u;
    return uint8_t(state_ >> 24) & keep_;
  }

 private:
  ByteScript& script_;
  int mode_;
  uint8_t value_;
  uint8_t keep_;
  uint32_t state_;
};

/// One tile, in the order of docs/packed.md.
class TileForger {
 public:
  TileForger(ByteScript& script, uint32_t blocks, uint32_t luma)
      : script_(script), luma_(luma), classes_(blocks), blocks_(blocks), dc_(blocks) {}

  void run() {
    classes(packed::kClassLuma, 0, luma_);
    classes(packed::kClassChroma, luma_, blocks_.size());
    masks();
    values();
    dc();
    join();
  }

  const TileSymbols& symbols() const { return symbols_; }
  /// In the order of the tile; DC is the difference to the block before.
  const std::vector<CoefficientBlock>& blocks() const { return blocks_; }

 private:
  struct Slot {
    CoefficientBlock* block = nullptr;  ///< null: fills up a symbol
    uint8_t at = 0;
    uint8_t nibble = 0;
    uint16_t magnitude = 0;
  };

  /// `count` symbols of a context.
  std::vector<uint8_t> segment(int context, size_t count) {
    if (count == 0) return {};
    Draw draw(script_);
    std::vector<uint8_t> drawn(count);
    for (uint8_t& s : drawn) s = uint8_t(draw.next() % packed::context_symbols(context));
    const auto begin = uint32_t(symbols_.symbols.size());
    symbols_.symbols.insert(symbols_.symbols.end(), drawn.begin(), drawn.end());
    symbols_.segments.push_back({context, begin, uint32_t(symbols_.symbols.size())});
    return drawn;
  }

  uint16_t word(Draw& draw) {
    const uint8_t low = draw.next();
    words_.push_back(uint16_t(low | draw.next() << 8));
    return words_.back();
  }

  void classes(int context, size_t begin, size_t end) {
    const std::vector<uint8_t> drawn = segment(context, (end - begin + 2) / 3);
    constexpr int kPower[3] = {1, 5, 25};
    for (size_t i = begin; i < end; ++i)
      classes_[i] = uint8_t(drawn[(i - begin) / 3] / kPower[(i - begin) % 3] % 5);
  }

  void masks() {
    masks_.assign(blocks_.size(), 0);
    for (int cls = 1; cls < kClasses; ++cls) {
      const std::vector<uint32_t> members = of_class(cls);
      for (int tile = 0; tile < 2 * cls; ++tile) {
        const std::vector<uint8_t> drawn = segment(packed::mask_context(cls, tile), members.size());
        for (size_t i = 0; i < members.size(); ++i) masks_[members[i]] |= uint64_t{drawn[i]} << (8 * tile);
      }
    }
  }

  void values() {
    for (int cls = 1; cls < kClasses; ++cls) {
      for (int group = 0; group < cls; ++group) {
        const size_t first = slots_.size();
        for (const uint32_t b : of_class(cls)) {
          for (int i = 16 * group; i < 16 * group + 16; ++i) {
            if (i > 0 && masks_[b] >> i & 1) slots_.push_back({&blocks_[b], kTileOrder[size_t(i)]});
          }
        }
        if (slots_.size() % 2 != 0) slots_.push_back({});
        const std::vector<uint8_t> pairs =
            segment(packed::pair_context(cls, group), (slots_.size() - first) / 2);
        for (size_t i = first; i < slots_.size(); ++i)
          slots_[i].nibble = pairs[(i - first) / 2] >> (i % 2 * 4) & 15;
      }
    }
    const auto large_count =
        size_t(std::count_if(slots_.begin(), slots_.end(), [](const Slot& s) { return s.nibble == 15; }));
    const std::vector<uint8_t> large = segment(packed::kLarge, large_count);
    Draw draw(script_);
    size_t next = 0;
    for (Slot& s : slots_) {
      s.magnitude = uint16_t(s.nibble + 1);
      if (s.nibble != 15) continue;
      const uint8_t more = large[next++];
      s.magnitude = more == 255 ? word(draw) : uint16_t(16 + more);
    }
  }

  void dc() {
    std::vector<uint32_t> escaped;
    for (const bool chroma : {false, true}) {
      for (int cls = 0; cls < kClasses; ++cls) {
        std::vector<uint32_t> members = of_class(cls);
        std::erase_if(members, [&](uint32_t b) { return (b >= luma_) != chroma; });
        const std::vector<uint8_t> drawn =
            segment((chroma ? packed::kDcChroma : packed::kDcLuma) + cls, members.size());
        for (size_t i = 0; i < members.size(); ++i) {
          dc_[members[i]] = drawn[i];
          if (drawn[i] == 255) escaped.push_back(members[i]);
        }
      }
    }
    Draw draw(script_);
    for (const uint32_t b : escaped) dc_[b] = word(draw);
  }

  void join() {
    Draw draw(script_);
    symbols_.words = words_;
    symbols_.signs.resize((slots_.size() + 7) / 8);
    for (uint8_t& s : symbols_.signs) s = draw.next();
    for (size_t i = 0; i < slots_.size(); ++i) {
      if (!slots_[i].block) continue;
      const bool negative = symbols_.signs[i / 8] >> (i % 8) & 1;
      (*slots_[i].block)[slots_[i].at] = int16_t(negative ? -int{slots_[i].magnitude} : slots_[i].magnitude);
    }
    for (size_t b = 0; b < blocks_.size(); ++b) {
      blocks_[b][0] = int16_t(dc_[b] % 2 != 0 ? -((dc_[b] + 1) / 2) : dc_[b] / 2);
    }
  }

  std::vector<uint32_t> of_class(int cls) const {
    std::vector<uint32_t> members;
    for (uint32_t b = 0; b < classes_.size(); ++b) {
      if (classes_[b] == cls) members.push_back(b);
    }
    return members;
  }

  ByteScript& script_;
  size_t luma_;
  TileSymbols symbols_;
  std::vector<uint8_t> classes_;
  std::vector<uint64_t> masks_;
  std::vector<CoefficientBlock> blocks_;
  std::vector<Slot> slots_;
  std::vector<uint16_t> words_;
  std::vector<uint32_t> dc_;
};

CoefficientImage empty_image(uint8_t planes, const Grid& g, uint32_t width, uint32_t height) {
  CoefficientImage image;
  image.width = width;
  image.height = height;
  image.h_max = uint8_t(g.h_max);
  image.v_max = uint8_t(g.v_max);
  image.color = g.components == 1          ? CoefficientColor::gray
                : (planes & HR_PLANES_RGB) ? CoefficientColor::rgb
                                           : CoefficientColor::ycbcr;
  image.components.resize(g.components);
  for (uint32_t c = 0; c < g.components; ++c) {
    CoefficientComponent& k = image.components[c];
    k.id = uint8_t(c + 1);
    k.h_samp = uint8_t(g.component[c].h);
    k.v_samp = uint8_t(g.component[c].v);
    k.blocks_wide = g.component[c].blocks_wide;
    k.blocks_high = g.component[c].blocks_high;
    k.padded_wide = g.mcus_wide * k.h_samp;
    k.padded_high = g.mcus_high * k.v_samp;
    k.blocks.resize(size_t{k.padded_wide} * k.padded_high);
  }
  return image;
}

/// Blocks of a tile to their places, with DC differences added up; wraps to 16 bits.
void place_tile(const Grid& g, const std::array<packed::TilePart, 3>& parts,
                const std::vector<CoefficientBlock>& blocks, CoefficientImage& image) {
  size_t next = 0;
  for (uint32_t c = 0; c < g.components; ++c) {
    CoefficientComponent& k = image.components[c];
    const packed::TilePart& p = parts[c];
    const auto at = [&](uint32_t y, uint32_t x) -> CoefficientBlock& {
      return k.blocks[size_t{p.row + y} * k.padded_wide + p.column + x];
    };
    for (uint32_t y = 0; y < p.high; ++y) {
      for (uint32_t x = 0; x < p.wide; ++x) {
        const int before = x > 0 ? at(y, x - 1)[0] : y > 0 ? at(y - 1, 0)[0] : 0;
        at(y, x) = blocks[next++];
        at(y, x)[0] = int16_t(at(y, x)[0] + before);
      }
    }
  }
}

void forge_quantisation(ByteScript& script, packed::Header& header, ForgedImage& out) {
  header.quant_count = uint8_t(script.between(1, 3));
  std::array<packed::QuantTable, 3> tables{};
  for (uint32_t t = 0; t < header.quant_count; ++t) {
    Draw draw(script);
    const bool wide = script.byte() % 2 != 0;
    for (uint16_t& step : tables[t])
      step = wide ? uint16_t(draw.next() | (draw.next() & 0x7F) << 8) : draw.next();
    packed::write_quant_table(tables[t], out.bytes);
  }
  for (size_t c = 0; c < 3; ++c) {
    header.quant_of[c] = uint8_t(script.between(0, header.quant_count - 1u));
    if (c < out.expected.components.size()) out.expected.components[c].quant = tables[header.quant_of[c]];
  }
}

}  // namespace

bool forge_image(ByteScript& script, ForgedImage& out) {
  constexpr uint32_t kMaxSide = 400;
  packed::Header header;
  header.planes = kPlanes[script.between(0, kPlanes.size() - 1)];
  header.table_set = uint8_t(script.between(0, uint32_t(packed::table_set_count()) - 1));
  header.width = uint16_t(script.between(1, script.byte() % 8 == 0 ? kMaxSide : 80));
  header.height = uint16_t(script.between(1, script.byte() % 8 == 0 ? kMaxSide : 80));
  script.continue_with(script.byte());
  Grid grid(header.planes, header.width, header.height);
  grid.choose_tiles();
  if (script.byte() % 2 != 0) {
    const uint32_t wide = script.between(1, script.byte() % 2 != 0 ? 3 : grid.tile_wide + 2);
    grid.set_tiles(
        wide, 2 * script.between(1, std::max(packed::kMaxTileBlocks / grid.mcu_blocks() / wide / 2, 1u)));
    if (!grid.tiles_valid()) return false;
  }
  header.tile_wide = uint16_t(grid.tile_wide);
  header.tile_high = uint16_t(grid.tile_high);
  out.expected = empty_image(header.planes, grid, header.width, header.height);
  out.bytes.assign(sizeof header, 0);
  forge_quantisation(script, header, out);
  header.directory = uint32_t(out.bytes.size());
  out.bytes.resize(out.bytes.size() + size_t{4} * grid.tiles_wide * grid.tiles_high);
  for (uint32_t t = 0; t < grid.tiles_wide * grid.tiles_high; ++t) {
    const auto parts = packed::tile_parts(grid, t % grid.tiles_wide, t / grid.tiles_wide);
    uint32_t blocks = 0;
    for (uint32_t c = 0; c < grid.components; ++c) blocks += parts[c].wide * parts[c].high;
    TileForger forger(script, blocks, parts[0].wide * parts[0].high);
    forger.run();
    if (!packed::encode_tile(forger.symbols(), packed::table_set(header.table_set), out.bytes)) return false;
    const auto end = uint32_t(out.bytes.size());
    std::memcpy(out.bytes.data() + header.directory + size_t{4} * t, &end, sizeof end);
    place_tile(grid, parts, forger.blocks(), out.expected);
  }
  header.recipe = header.bytes = uint32_t(out.bytes.size());
  std::memcpy(out.bytes.data(), &header, sizeof header);
  return true;
}

}  // namespace headrace::fuzz
