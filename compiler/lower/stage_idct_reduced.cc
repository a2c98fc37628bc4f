// Expansion, dequantisation and libjpeg's reduced inverse DCTs, which make 4 x 4, 2 x 2 or one sample of a
// block of coefficients (kernels/idct_reduced.h). Four rows of blocks fill the 16 lanes of a column at side
// 4; smaller sides fill the first 8 or 4, and the others hold what may be anything.
//
// Two vectors carry the four blocks of a column: rows 0 and 2 in the 128-bit parts of one, 1 and 3 in those
// of the other, so that packing them leaves the rows in order. Sums wrap at 32 bits; the first pass is
// clamped to 16 bits. The second is shifted by 8 bits less than a pixel is, so that saturation clamps to a
// pixel in the upper byte.
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
using loop::Values;
using loop::vec;

namespace {

constexpr int kRows = 4, kGroupLanes = 16;
constexpr Type kI16x16 = vec(Scalar::i16, 16), kI32x8 = vec(Scalar::i32, 8), kI64x4 = vec(Scalar::i64, 4);

// Products of pairs of inputs: of (0, 4), of which 4 has no weight, (2, 6), (1, 5) and (3, 7).
struct Weights {
  LanePair in04, in26, in15, in37;
};
// Side 4: outputs 0 and 3 are even + odd and even - odd of the first, 1 and 2 those of the second.
constexpr Weights kFour[2] = {{{16384, 0}, {15137, -6270}, {20995, -4926}, {7373, -4176}},
                              {{16384, 0}, {-15137, 6270}, {8697, 11893}, {-17799, -1730}}};
// Side 2: half of the even part's weight, which is 2^15.
constexpr Weights kTwo = {{16384, 0}, {0, 0}, {29692, 6967}, {-10426, -5906}};

class ReducedIdctStage {
 public:
  ReducedIdctStage(Builder& b, int side) : b_(b), side_(side) {}

  void build() {
    for (auto& row : rows_) row = {b_.param(kPtr), b_.param(kPtr), b_.param(kPtr)};
    values_ = b_.param(kPtr);
    quant_ = b_.param(kPtr);
    const V first = b_.param(kI64), count = b_.param(kI64), dst = b_.param(kPtr);
    b_.for_(b_.i64(0), count, b_.i64(1), [&](V i) { column(first + i, dst + i * (kColumnBytes * side_)); });
  }

 private:
  using Vectors = std::vector<V>;  // of a dimension's outputs

  void column(V at, V dst) {
    if (side_ == 1) return store({of_dc(at)}, dst);
    V any = b_.i64(0);
    for (const BlockRow& row : rows_) any = any | b_.load(kI64, row.masks, at << 3);
    const V simple = loop::lshr(any, kGroupLanes) == b_.i64(0);
    const auto either = [&](bool few) {
      store(transformed(at, few), dst);
      return Values{};
    };
    b_.if_(
        simple, [&] { return either(true); }, [&] { return either(false); });
  }

  void store(const Vectors& columns, V dst) {
    for (size_t k = 0; k < columns.size(); ++k) b_.store(columns[k], dst, int64_t(k) * kColumnBytes);
  }

  // The blocks' DCs, one lane each.
  V of_dc(V at) {
    V sample = b_.constant(kI16x16, 0);
    for (int row = 0; row < kRows; ++row) {
      std::vector<int32_t> lanes(16, 0);
      for (size_t i = size_t(row); i < lanes.size(); i += kRows) lanes[i] = -1;
      const V dc = b_.splat(b_.load(vec(Scalar::i16, 1), rows_[row].dc, at << 1), 16);
      sample = sample | (dc & b_.sequence(kI16x16, std::move(lanes)));
    }
    sample = sample * b_.splat(b_.load(vec(Scalar::i16, 1), quant_), 16);
    const V eighth = loop::ashr(loop::ashr(sample, 2) + 1, 1);  // (sample + 4) >> 3 without an overflow
    return min(max(eighth, b_.constant(kI16x16, -128)), b_.constant(kI16x16, 127)) << 8;
  }

  std::vector<BlockAt> blocks(int pair, V at) const { return {{rows_[pair], at}, {rows_[pair + 2], at}}; }

  Vectors transformed(V at, bool few) {
    Vectors down[2];  // rows of blocks 0 and 2, of 1 and 3, in order of pairs
    for (int pair = 0; pair < 2; ++pair)
      down[pair] = few ? first_pass_few(blocks(pair, at)) : first_pass(blocks(pair, at));
    if (side_ == 4) return joined(second_pass(down[0], few), second_pass(down[1], few));
    Vectors both = down[0];
    both.insert(both.end(), down[1].begin(), down[1].end());
    return gathered(second_pass(both, few));
  }

  // Rows, each the 32-bit pairs of its columns: 0, 4, 1, 5, 2, 6, 3, 7.
  Vectors first_pass(const std::vector<BlockAt>& blocks) {
    std::array<V, 8> tiles;
    for (size_t g = 0; g < HR_COEFFICIENT_GROUPS; ++g) {
      const std::array<V, 2> two = load_tiles(blocks, values_, quant_, int(g));
      tiles[2 * g] = two[0];
      tiles[2 * g + 1] = two[1];
    }
    const int shift = side_ == 4 ? 12 : 13;
    const Vectors left = transform(row_pairs(tiles, false), shift, shift);
    const Vectors right = transform(row_pairs(tiles, true), shift, shift);
    Vectors rows;
    for (size_t k = 0; k < left.size(); k += 2) {
      const V a = b_.pack_sat(left[k], left[k + 1]), c = b_.pack_sat(right[k], right[k + 1]);
      rows.push_back(as(unpack(a, c, false), kI32x8));
      rows.push_back(as(unpack(a, c, true), kI32x8));
    }
    return rows;
  }

  // With coefficients in rows and columns 0 to 3 only: two rows in a vector, each the pairs 0, 2 and 1, 3.
  Vectors first_pass_few(const std::vector<BlockAt>& blocks) {
    const std::array<V, 2> tiles = load_tiles(blocks, values_, quant_, 0);
    const int shift = side_ == 4 ? 12 : 13;
    const Vectors down = transform_few(row_pairs_few(tiles, false), row_pairs_few(tiles, true), shift, shift);
    Vectors rows;
    for (size_t k = 0; k < down.size(); k += 2) rows.push_back(as(b_.pack_sat(down[k], down[k + 1]), kI32x8));
    return rows;
  }

  // Columns of 32 bits from four rows: of each block at side 4, of two blocks' at side 2.
  Vectors second_pass(const Vectors& rows, bool few) {
    const int shift = side_ == 4 ? 19 : 20;
    if (few)
      return transform_few(alternate(rows[0], rows[1], 0), alternate(rows[0], rows[1], 1), shift, shift - 8);
    return transform(column_pairs(rows.data()), shift, shift - 8);
  }

  // Lanes: rows of the blocks 0 and 1, then of 2 and 3.
  Vectors joined(const Vectors& even, const Vectors& odd) {
    Vectors out;
    for (size_t k = 0; k < even.size(); ++k)
      out.push_back(b_.pack_sat(even[k], odd[k]) & b_.constant(kI16x16, -256));
    return out;
  }
  // Each 128 bits have four rows; those of both halves side by side.
  Vectors gathered(const Vectors& columns) {
    Vectors out;
    for (const V& v : columns) {
      const V quads = as(b_.pack_sat(v, v) & b_.constant(kI16x16, -256), kI64x4);
      out.push_back(as(b_.shuffle(quads, quads, {0, 2, 0, 2}), kI16x16));
    }
    return out;
  }

  // One dimension: rounded as for `shift`, shifted by `by`.
  Vectors transform(const LanePairs& in, int shift, int by) {
    const V round = b_.constant(kI32x8, int64_t{1} << (shift - 1));
    if (side_ == 2) {
      const V even = round + (dot(in.p04, kTwo.in04) << 1);
      return outputs(even, dot(in.p15, kTwo.in15) + dot(in.p37, kTwo.in37), by);
    }
    Vectors out(4);
    const V dc = round + dot(in.p04, kFour[0].in04);
    for (size_t k = 0; k < 2; ++k) {
      const Weights& w = kFour[k];
      const Vectors two = outputs(dc + dot(in.p26, w.in26), dot(in.p15, w.in15) + dot(in.p37, w.in37), by);
      out[k] = two[0];
      out[3 - k] = two[1];
    }
    return out;
  }

  // The same with inputs 4 to 7 zero; pairs are (0, 2) and (1, 3).
  Vectors transform_few(V p02, V p13, int shift, int by) {
    const V round = b_.constant(kI32x8, int64_t{1} << (shift - 1));
    if (side_ == 2) {
      return outputs(round + (dot(p02, kTwo.in04) << 1), dot(p13, {kTwo.in15.a, kTwo.in37.a}), by);
    }
    Vectors out(4);
    for (size_t k = 0; k < 2; ++k) {
      const Weights& w = kFour[k];
      const Vectors two = outputs(round + dot(p02, {w.in04.a, w.in26.a}), dot(p13, {w.in15.a, w.in37.a}), by);
      out[k] = two[0];
      out[3 - k] = two[1];
    }
    return out;
  }

  Vectors outputs(V even, V odd, int by) { return {loop::ashr(even + odd, by), loop::ashr(even - odd, by)}; }

  Builder& b_;
  int side_;
  BlockRow rows_[kRows];
  V values_, quant_;
};

}  // namespace

Function build_reduced_idct_stage(const std::string& name, int side) {
  Builder b(name);
  ReducedIdctStage(b, side).build();
  return b.finish();
}

}  // namespace headrace::lowering
