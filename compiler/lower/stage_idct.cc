// Expansion, dequantisation and the accurate inverse DCT of libjpeg ("islow"), on vectors that hold the same
// coefficients of an upper and a lower block in their 128-bit parts, or of two columns of such blocks.
//
// Arithmetic: a coefficient times its step is kept to 16 bits; each of the two passes is exact in 32 bits
// (the sums of 16-bit inputs stay below 2^31), the first rounded by 2^11 and clamped to 16 bits, the second
// by 2^18 and clamped to a pixel. For blocks that a JPEG encoder makes from pixels nothing is clamped or cut
// before the end.
#include <array>

#include "compiler/lower/idct_vectors.h"
#include "compiler/lower/planes.h"
#include "kernels/coefficient_rows.h"

namespace headrace::lowering {

using loop::Builder;
using loop::Function;
using loop::kI64;
using loop::kPtr;
using loop::Scalar;
using loop::Type;
using loop::V;
using loop::vec;

namespace {

constexpr int kGroups = HR_COEFFICIENT_GROUPS, kGroupLanes = 16;

// Two products per output and pair of inputs, 13 fraction bits.
constexpr LanePair kSum{8192, 8192}, kDifference{8192, -8192};         // of inputs 0 and 4
constexpr LanePair kEvenOuter{10703, 4433}, kEvenInner{4433, -10704};  // of inputs 2 and 6
struct Odd {
  LanePair one_five, three_seven;
};
// What outputs k and 7 - k add and subtract.
constexpr Odd kOdd[4] = {{{11363, 6437}, {9633, 2260}},
                         {{9633, -11362}, {-2259, -6436}},
                         {{6437, 2261}, {-11362, 9633}},
                         {{2260, 9633}, {-6436, -11363}}};

class IdctStage {
 public:
  IdctStage(Builder& b, int columns_at_once)
      : b_(b),
        columns_(columns_at_once),
        i16_(vec(Scalar::i16, 16 * columns_)),
        i32_(vec(Scalar::i32, 8 * columns_)) {}

  void build() {
    for (auto& row : rows_) row = {b_.param(kPtr), b_.param(kPtr), b_.param(kPtr)};
    values_ = b_.param(kPtr);
    quant_ = b_.param(kPtr);
    const V first = b_.param(kI64), count = b_.param(kI64), dst = b_.param(kPtr);
    const V last = first + count - 1;
    b_.for_(b_.i64(0), count, b_.i64(columns_), [&](V i) { blocks(first + i, last, dst + (i << 8)); });
  }

 private:
  // 8 columns_ columns from block `at` on. Past the last block, that one is repeated.
  void blocks(V at, V last, V dst) {
    std::vector<V> columns{at};
    for (int c = 1; c < columns_; ++c) columns.push_back(min(at + c, last));
    V any = b_.i64(0);
    std::vector<BlockAt> parts;  // upper and lower block of each column
    for (const V& column : columns) {
      for (const BlockRow& row : rows_) {
        any = any | b_.load(kI64, row.masks, column << 3);
        parts.push_back({row, column});
      }
    }
    // A fifth of a photo's blocks have nothing beyond the first group.
    const V simple = loop::lshr(any, kGroupLanes) == b_.i64(0);
    b_.if_(
        simple,
        [&] {
          store(few(parts), dst);
          return loop::Values{};
        },
        [&] {
          store(all(parts), dst);
          return loop::Values{};
        });
  }

  using Vectors = std::array<V, 8>;

  // Blocks with coefficients in rows and columns 0 to 3 only.
  Vectors few(const std::vector<BlockAt>& blocks) {
    const std::array<V, 2> tiles = load_tiles(blocks, values_, quant_, 0);
    const Vectors rows = transform_few(row_pairs_few(tiles, false), row_pairs_few(tiles, true), 11);
    Vectors out[2];
    for (size_t h = 0; h < 2; ++h) {
      const V* v = &rows[4 * h];
      const V a = as(b_.pack_sat(v[0], v[1]), i32_), c = as(b_.pack_sat(v[2], v[3]), i32_);
      out[h] = transform_few(alternate(a, c, 0), alternate(a, c, 1), 10);
    }
    return joined(out[0], out[1]);
  }

  Vectors all(const std::vector<BlockAt>& blocks) {
    std::array<V, 8> tiles;
    for (size_t g = 0; g < kGroups; ++g) {
      const std::array<V, 2> two = load_tiles(blocks, values_, quant_, int(g));
      tiles[2 * g] = two[0];
      tiles[2 * g + 1] = two[1];
    }
    const LanePairs low = row_pairs(tiles, false), high = row_pairs(tiles, true);
    const Vectors left = transform(low, 11), right = transform(high, 11);
    // Row r of both halves in order of pairs: columns 0, 4, 1, 5, 2, 6, 3, 7; then pairs transposed.
    Vectors r;
    for (size_t k = 0; k < 8; k += 2) {
      const V a = b_.pack_sat(left[k], left[k + 1]), c = b_.pack_sat(right[k], right[k + 1]);
      r[k] = as(unpack(a, c, false), i32_);
      r[k + 1] = as(unpack(a, c, true), i32_);
    }
    const LanePairs top = column_pairs(&r[0]), bottom = column_pairs(&r[4]);
    return joined(transform(top, 10), transform(bottom, 10));
  }

  // Columns of 16 bits from those of rows 0 to 3 and 4 to 7. Shifted by 8 bits less than a pixel is,
  // saturation clamps to a pixel in the upper byte.
  Vectors joined(const Vectors& top, const Vectors& bottom) {
    Vectors out;
    for (size_t k = 0; k < 8; ++k) out[k] = b_.pack_sat(top[k], bottom[k]) & b_.constant(i16_, -256);
    return out;
  }
  void store(const Vectors& columns, V dst) {
    for (size_t k = 0; k < 8; ++k) store(columns[k], dst, int64_t(32 * k));
  }

  // Half of what the passes drop: 2^11 and 2^18.
  V rounding(int shift) { return b_.constant(i32_, shift == 11 ? 1 << 10 : 1 << 17); }

  // One dimension of the IDCT.
  Vectors transform(const LanePairs& in, int shift) {
    const V round = rounding(shift);
    const V sum = round + dot(in.p04, kSum), difference = round + dot(in.p04, kDifference);
    const V outer = dot(in.p26, kEvenOuter), inner = dot(in.p26, kEvenInner);
    const V even[4] = {sum + outer, difference + inner, difference - inner, sum - outer};
    Vectors out;
    for (size_t k = 0; k < 4; ++k) {
      const V odd = dot(in.p15, kOdd[k].one_five) + dot(in.p37, kOdd[k].three_seven);
      out[k] = loop::ashr(even[k] + odd, shift);
      out[7 - k] = loop::ashr(even[k] - odd, shift);
    }
    return out;
  }

  // The same with inputs 4 to 7 zero; pairs are (0, 2) and (1, 3).
  Vectors transform_few(V p02, V p13, int shift) {
    const int32_t even_weights[4] = {kEvenOuter.a, kEvenInner.a, -kEvenInner.a, -kEvenOuter.a};
    Vectors out;
    for (size_t k = 0; k < 4; ++k) {
      const V even = rounding(shift) + dot(p02, {kSum.a, even_weights[k]});
      const V odd = dot(p13, {kOdd[k].one_five.a, kOdd[k].three_seven.a});
      out[k] = loop::ashr(even + odd, shift);
      out[7 - k] = loop::ashr(even - odd, shift);
    }
    return out;
  }

  void store(V v, V dst, int64_t at) {
    if (columns_ == 1) return b_.store(v, dst, at);
    for (int c = 0; c < columns_; ++c) {
      std::vector<int32_t> part(16);
      for (int i = 0; i < 16; ++i) part[size_t(i)] = 16 * c + i;
      b_.store(b_.shuffle(v, v, std::move(part)), dst, at + 256 * c);
    }
  }

  Builder& b_;
  int columns_;  // of blocks that are transformed together
  Type i16_, i32_;
  BlockRow rows_[2];
  V values_, quant_;
};

}  // namespace

Function build_idct_stage(const std::string& name, int columns_at_once) {
  Builder b(name);
  IdctStage(b, columns_at_once).build();
  return b.finish();
}

}  // namespace headrace::lowering
