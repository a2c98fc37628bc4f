#include "compiler/lower/idct_vectors.h"

#include "compiler/lower/stages.h"
#include "kernels/coefficient_rows.h"

namespace headrace::lowering {

using loop::Builder;
using loop::kI32;
using loop::kI64;
using loop::Op;
using loop::Scalar;
using loop::Type;
using loop::V;
using loop::vec;

namespace {

constexpr int kGroupLanes = 16;

Type i32_of(V v) { return vec(Scalar::i32, v.type.lanes * scalar_bytes(v.type.scalar) / 4); }
Type i16_of(V v) { return vec(Scalar::i16, v.type.lanes * scalar_bytes(v.type.scalar) / 2); }

V unpack64(V a, V c, bool high) {
  const Type i64 = vec(Scalar::i64, a.type.lanes * scalar_bytes(a.type.scalar) / 8);
  return as(unpack(as(a, i64), as(c, i64), high), i16_of(a));
}

V load_group(const BlockAt& at, V values, int g) {
  Builder& b = *values.b;
  const V mask = b.load(vec(Scalar::i16, 1), at.row.masks, at.column << 3, 2 * g);
  const V offset = b.convert(Op::zext, b.load(kI32, at.row.offsets, at.column << 4, 4 * g), kI64);
  const V v = b.expand_load(mask, values, offset << 1);
  if (g != 0) return v;
  std::vector<int32_t> first(kGroupLanes, 0);
  first[0] = -1;
  const V dc = b.splat(b.load(vec(Scalar::i16, 1), at.row.dc, at.column << 1), kGroupLanes);
  return v | (dc & b.sequence(v.type, std::move(first)));
}

// The lower or upper 128 bits of each vector, end to end.
V gather_half(const std::vector<V>& v, size_t half) {
  Builder& b = *v[0].b;
  std::vector<V> pairs;
  for (size_t k = 0; k < v.size(); k += 2) {
    std::vector<int32_t> mask;
    for (int i = 0; i < kGroupLanes; ++i)
      mask.push_back(int32_t(8 * half) + i % 8 + (i < 8 ? 0 : kGroupLanes));
    pairs.push_back(b.shuffle(v[k], v[k + 1], std::move(mask)));
  }
  if (pairs.size() == 1) return pairs[0];
  std::vector<int32_t> all(32);
  for (int i = 0; i < 32; ++i) all[size_t(i)] = i;
  return b.shuffle(pairs[0], pairs[1], std::move(all));
}

}  // namespace

V as(V v, Type t) { return v.b->convert(Op::bitcast, v, t); }

std::array<V, 2> load_tiles(const std::vector<BlockAt>& blocks, V values, V quant, int g) {
  Builder& b = *values.b;
  const V steps = b.load(vec(Scalar::i16, kGroupLanes), quant, g * kGroupLanes * 2);
  std::vector<V> groups;
  for (const BlockAt& at : blocks) groups.push_back(load_group(at, values, g) * steps);
  return {gather_half(groups, 0), gather_half(groups, 1)};
}

LanePairs row_pairs(const std::array<V, 8>& t, bool right) {
  if (right) {
    return {unpack(t[2], t[6], false), unpack(t[4], t[7], false), unpack(t[2], t[6], true),
            unpack(t[4], t[7], true)};
  }
  return {unpack(t[0], t[3], false), unpack(t[1], t[5], false), unpack(t[0], t[3], true),
          unpack(t[1], t[5], true)};
}

LanePairs column_pairs(const V* v) {
  const V a = unpack(v[0], v[1], false), c = unpack(v[2], v[3], false);
  const V d = unpack(v[0], v[1], true), e = unpack(v[2], v[3], true);
  return {unpack64(a, c, false), unpack64(d, e, false), unpack64(a, c, true), unpack64(d, e, true)};
}

// Columns 1 and 2 change places, so that after the first pass 0 and 2, and 1 and 3, are neighbours.
V row_pairs_few(const std::array<V, 2>& tiles, bool odd) {
  const V w = as(unpack(tiles[0], tiles[1], odd), i32_of(tiles[0]));
  std::vector<int32_t> mask;
  for (int i = 0; i < w.type.lanes; ++i)
    mask.push_back(i / 4 * 4 + (i % 4 == 1 ? 2 : i % 4 == 2 ? 1 : i % 4));
  return as(w.b->shuffle(w, w, std::move(mask)), i16_of(w));
}

V alternate(V a, V c, int first) {
  std::vector<int32_t> mask;
  for (int i = 0; i < a.type.lanes; ++i)
    mask.push_back(i / 4 * 4 + i % 2 * 2 + first + (i % 4 < 2 ? 0 : a.type.lanes));
  return as(a.b->shuffle(a, c, std::move(mask)), i16_of(a));
}

V dot(V pairs, LanePair weights) {
  std::vector<int32_t> lanes(size_t(pairs.type.lanes));
  for (size_t i = 0; i < lanes.size(); ++i) lanes[i] = i % 2 == 0 ? weights.a : weights.b;
  return pairs.b->dot2(pairs, pairs.b->sequence(pairs.type, std::move(lanes)));
}

}  // namespace headrace::lowering
