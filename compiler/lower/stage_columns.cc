#include "compiler/lower/stages.h"

namespace headrace::lowering {

using loop::Builder;
using loop::Function;
using loop::kI64;
using loop::kPtr;
using loop::Op;
using loop::Scalar;
using loop::Type;
using loop::V;
using loop::vec;

V unpack(V a, V b, bool high) {
  const int lane_elems = 16 / scalar_bytes(a.type.scalar);
  const int n = a.type.lanes;
  std::vector<int32_t> mask;
  for (int part = 0; part < n; part += lane_elems) {
    for (int i = 0; i < lane_elems / 2; ++i) {
      const int from = part + i + (high ? lane_elems / 2 : 0);
      mask.push_back(from);
      mask.push_back(n + from);
    }
  }
  return a.b->shuffle(a, b, std::move(mask));
}

namespace {

// Joins equal vectors end to end.
V concat(Builder& b, std::vector<V> parts) {
  while (parts.size() > 1) {
    std::vector<V> next;
    for (size_t i = 0; i < parts.size(); i += 2) {
      std::vector<int32_t> mask(size_t(parts[i].type.lanes) * 2);
      for (size_t k = 0; k < mask.size(); ++k) mask[k] = int32_t(k);
      next.push_back(b.shuffle(parts[i], parts[i + 1], std::move(mask)));
    }
    parts = std::move(next);
  }
  return parts[0];
}

}  // namespace

Function build_columns_stage(const std::string& name, bool q14, const Schedule& s) {
  constexpr int kTile = 16;  // bytes of a row (columns times channels) per step
  Builder b(name);
  const V src = b.param(kPtr), stride = b.param(kI64), rows = b.param(kI64), bytes = b.param(kI64), cols = b.param(kPtr);
  const int height = s.strip_rows(), parts = height / 8;
  const Type wide = vec(Scalar::i8, kTile * parts);
  const V last = rows - 1;
  std::vector<V> row;
  for (int r = 0; r < height; ++r) row.push_back(b.ptradd(src, min(b.i64(r), last) * stride));
  const V zero = b.constant(wide, 0);
  const V flip = b.constant(wide, -128);

  b.for_(b.i64(0), bytes, b.i64(kTile), [&](V at) {
    // Part p of v[k] is row 8 p + k.
    std::vector<V> v(8);
    for (int k = 0; k < 8; ++k) {
      std::vector<V> pieces;
      for (int p = 0; p < parts; ++p) pieces.push_back(b.load(vec(Scalar::i8, kTile), row[size_t(8 * p + k)], at));
      v[size_t(k)] = concat(b, std::move(pieces));
      if (q14) v[size_t(k)] = v[size_t(k)] ^ flip;
    }
    // Three rounds of byte interleaving transpose 8 rows x 16 columns inside each part: v[j] ends up with
    // columns 2 j and 2 j + 1, eight rows each.
    for (int distance = 4; distance >= 1; distance /= 2) {
      const size_t d = size_t(distance);
      std::vector<V> next(8);
      for (size_t g = 0; g < 8; g += 2 * d) {  // vectors g .. g + 2 d hold one group of columns
        for (size_t k = 0; k < d; ++k) {
          next[g + k] = unpack(v[g + k], v[g + d + k], false);
          next[g + d + k] = unpack(v[g + k], v[g + d + k], true);
        }
      }
      v = std::move(next);
    }
    for (int j = 0; j < 8; ++j) {
      for (int half = 0; half < 2; ++half) {
        // A byte above zero is p * 256, a byte below zero is p.
        const V x = v[size_t(j)];
        const V column = q14 ? unpack(zero, x, half == 1) : unpack(x, zero, half == 1);
        b.store(b.convert(Op::bitcast, column, vec(Scalar::i16, height)), cols, at * (height * 2), (2 * j + half) * height * 2);
      }
    }
  });
  return b.finish();
}

}  // namespace headrace::lowering
