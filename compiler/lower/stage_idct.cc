// Expansion, dequantisation and the accurate inverse DCT of libjpeg ("islow"), on vectors that hold the same
// coefficients of an upper and a lower block in their 128-bit parts (at 512 bits: of two columns of such
// blocks).
//
// Arithmetic: a coefficient times its step is kept to 16 bits; each of the two passes is exact in 32 bits
// (the sums of 16-bit inputs stay below 2^31), the first rounded by 2^11 and clamped to 16 bits, the second
// by 2^18 and clamped to a pixel. For blocks that a JPEG encoder makes from pixels nothing is clamped or cut
// before the end.
#include <algorithm>
#include <array>

#include "compiler/lower/planes.h"
#include "kernels/coefficient_rows.h"

namespace headrace::lowering {

using loop::Builder;
using loop::Function;
using loop::kI32;
using loop::kI64;
using loop::kPtr;
using loop::Op;
using loop::Scalar;
using loop::Type;
using loop::V;
using loop::vec;

namespace {

constexpr int kGroups = HR_COEFFICIENT_GROUPS, kGroupLanes = 16;

// Two products per output and pair of inputs, 13 fraction bits. Pairs are (0, 4), (2, 6), (1, 5), (3, 7).
struct Pair {
  int32_t a, b;
};
constexpr Pair kSum{8192, 8192}, kDifference{8192, -8192};         // of inputs 0 and 4
constexpr Pair kEvenOuter{10703, 4433}, kEvenInner{4433, -10704};  // of inputs 2 and 6
struct Odd {
  Pair one_five, three_seven;
};
// What outputs k and 7 - k add and subtract.
constexpr Odd kOdd[4] = {{{11363, 6437}, {9633, 2260}},
                         {{9633, -11362}, {-2259, -6436}},
                         {{6437, 2261}, {-11362, 9633}},
                         {{2260, 9633}, {-6436, -11363}}};

struct Pairs {
  V p04, p26, p15, p37;
};

class IdctStage {
 public:
  IdctStage(Builder& b, const Schedule& s)
      : b_(b),
        columns_(std::max(1, s.vector_bits / 256)),
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
  struct BlockRow {
    V masks, offsets, dc;
  };

  // 8 columns_ columns from block `at` on. Past the last block, that one is repeated.
  void blocks(V at, V last, V dst) {
    std::vector<V> columns{at};
    for (int c = 1; c < columns_; ++c) columns.push_back(min(at + c, last));
    V any = b_.i64(0);
    for (const V& column : columns) {
      for (const BlockRow& row : rows_) any = any | b_.load(kI64, row.masks, column << 3);
    }
    // A fifth of a photo's blocks have nothing beyond the first group.
    const V simple = loop::lshr(any, kGroupLanes) == b_.i64(0);
    b_.if_(
        simple,
        [&] {
          store(few(columns), dst);
          return loop::Values{};
        },
        [&] {
          store(all(columns), dst);
          return loop::Values{};
        });
  }

  using Vectors = std::array<V, 8>;

  // Blocks with coefficients in rows and columns 0 to 3 only.
  Vectors few(const std::vector<V>& columns) {
    const std::array<V, 2> tiles = load_tiles(columns, 0);
    const Vectors rows = transform_few(in_pairs(unpack(tiles[0], tiles[1], false)),
                                       in_pairs(unpack(tiles[0], tiles[1], true)), 11);
    Vectors out[2];
    for (size_t h = 0; h < 2; ++h) {
      const V* v = &rows[4 * h];
      const V a = as(b_.pack_sat(v[0], v[1]), i32_), c = as(b_.pack_sat(v[2], v[3]), i32_);
      out[h] = transform_few(alternate(a, c, 0), alternate(a, c, 1), 10);
    }
    return joined(out[0], out[1]);
  }

  Vectors all(const std::vector<V>& columns) {
    std::array<V, 8> tiles;
    for (size_t g = 0; g < kGroups; ++g) {
      const std::array<V, 2> two = load_tiles(columns, int(g));
      tiles[2 * g] = two[0];
      tiles[2 * g + 1] = two[1];
    }
    Pairs low, high;  // columns 0 to 3 and 4 to 7
    low = {unpack(tiles[0], tiles[3], false), unpack(tiles[1], tiles[5], false),
           unpack(tiles[0], tiles[3], true), unpack(tiles[1], tiles[5], true)};
    high = {unpack(tiles[2], tiles[6], false), unpack(tiles[4], tiles[7], false),
            unpack(tiles[2], tiles[6], true), unpack(tiles[4], tiles[7], true)};
    const Vectors left = transform(low, 11), right = transform(high, 11);
    // Row r of both halves in order of pairs: columns 0, 4, 1, 5, 2, 6, 3, 7; then pairs transposed.
    Vectors r;
    for (size_t k = 0; k < 8; k += 2) {
      const V a = b_.pack_sat(left[k], left[k + 1]), c = b_.pack_sat(right[k], right[k + 1]);
      r[k] = as(unpack(a, c, false), i32_);
      r[k + 1] = as(unpack(a, c, true), i32_);
    }
    Pairs halves[2];
    for (size_t h = 0; h < 2; ++h) {
      const V* v = &r[4 * h];
      const V a = unpack(v[0], v[1], false), c = unpack(v[2], v[3], false);
      const V d = unpack(v[0], v[1], true), e = unpack(v[2], v[3], true);
      halves[h] = {unpack64(a, c, false), unpack64(d, e, false), unpack64(a, c, true), unpack64(d, e, true)};
    }
    return joined(transform(halves[0], 10), transform(halves[1], 10));
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

  // Exchanges columns 1 and 2 of four, so that after the first pass 0 and 2, and 1 and 3, are neighbours.
  V in_pairs(V v) {
    std::vector<int32_t> mask;
    for (int i = 0; i < i32_.lanes; ++i)
      mask.push_back(i / 4 * 4 + (i % 4 == 1 ? 2 : i % 4 == 2 ? 1 : i % 4));
    const V w = as(v, i32_);
    return as(b_.shuffle(w, w, std::move(mask)), i16_);
  }
  // In each 128 bits, every other 32-bit lane of a, then of c.
  V alternate(V a, V c, int first) {
    std::vector<int32_t> mask;
    for (int i = 0; i < i32_.lanes; ++i)
      mask.push_back(i / 4 * 4 + i % 2 * 2 + first + (i % 4 < 2 ? 0 : i32_.lanes));
    return as(b_.shuffle(a, c, std::move(mask)), i16_);
  }

  V as(V v, Type t) { return b_.convert(Op::bitcast, v, t); }
  V unpack64(V a, V c, bool high) {
    const Type i64 = vec(Scalar::i64, 4 * columns_);
    return as(unpack(as(a, i64), as(c, i64), high), i16_);
  }

  V dot(V pairs, Pair weights) {
    std::vector<int32_t> lanes(size_t(i16_.lanes));
    for (size_t i = 0; i < lanes.size(); ++i) lanes[i] = i % 2 == 0 ? weights.a : weights.b;
    return b_.dot2(pairs, b_.sequence(i16_, std::move(lanes)));
  }

  // Half of what the passes drop: 2^11 and 2^18.
  V rounding(int shift) { return b_.constant(i32_, shift == 11 ? 1 << 10 : 1 << 17); }

  // One dimension of the IDCT.
  Vectors transform(const Pairs& in, int shift) {
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

  // Both tiles of group g, dequantised, of the blocks in the vectors' 128-bit parts.
  std::array<V, 2> load_tiles(const std::vector<V>& columns, int g) {
    const V steps = b_.load(vec(Scalar::i16, kGroupLanes), quant_, g * kGroupLanes * 2);
    std::vector<V> groups;  // upper and lower block of each column
    for (const V& column : columns) {
      for (const BlockRow& row : rows_) groups.push_back(group(row, column, g) * steps);
    }
    return {gather_half(groups, 0), gather_half(groups, 1)};
  }

  V group(const BlockRow& row, V block, int g) {
    const V mask = b_.load(vec(Scalar::i16, 1), row.masks, block << 3, 2 * g);
    const V offset = b_.convert(Op::zext, b_.load(kI32, row.offsets, block << 4, 4 * g), kI64);
    const V v = b_.expand_load(mask, values_, offset << 1);
    if (g != 0) return v;
    std::vector<int32_t> first(kGroupLanes, 0);
    first[0] = -1;
    const V dc = b_.splat(b_.load(vec(Scalar::i16, 1), row.dc, block << 1), kGroupLanes);
    return v | (dc & b_.sequence(v.type, std::move(first)));
  }

  // The lower or upper 128 bits of each vector, end to end.
  V gather_half(const std::vector<V>& v, size_t half) {
    std::vector<V> pairs;
    for (size_t k = 0; k < v.size(); k += 2) {
      std::vector<int32_t> mask;
      for (int i = 0; i < kGroupLanes; ++i)
        mask.push_back(int32_t(8 * half) + i % 8 + (i < 8 ? 0 : kGroupLanes));
      pairs.push_back(b_.shuffle(v[k], v[k + 1], std::move(mask)));
    }
    if (pairs.size() == 1) return pairs[0];
    std::vector<int32_t> all(32);
    for (int i = 0; i < 32; ++i) all[size_t(i)] = i;
    return b_.shuffle(pairs[0], pairs[1], std::move(all));
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

Function build_idct_stage(const std::string& name, const Schedule& s) {
  Builder b(name);
  IdctStage(b, s).build();
  return b.finish();
}

}  // namespace headrace::lowering
