#include "compiler/lower/planes.h"

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
using loop::Values;
using loop::vec;

namespace {

// Black and white in q6.
constexpr int64_t kLowest = (0 - 128) * 64, kHighest = (255 - 128) * 64;

class VerticalPlanesStage {
 public:
  VerticalPlanesStage(Builder& b, Arith arith, const Pointwise& ops, const Store& store, const Schedule& s)
      : b_(b),
        arith_(arith),
        ops_(ops),
        store_(store),
        lanes_(block_lanes(store, s.block_pixels())),
        i16_(vec(Scalar::i16, lanes_)),
        i32_(vec(Scalar::i32, lanes_)) {}

  void build() {
    luma_.ring = b_.param(kPtr);
    chroma_.ring = b_.param(kPtr);
    luma_.start = b_.param(kPtr);
    luma_.weight = b_.param(kPtr);
    chroma_.start = b_.param(kPtr);
    chroma_.weight = b_.param(kPtr);
    luma_.rows = b_.param(kPtr);
    const V dst = b_.param(kPtr);
    luma_.taps = b_.param(kI64);
    chroma_.taps = b_.param(kI64);
    table_stride_ = b_.param(kI64);
    luma_.mask = b_.param(kI64);
    chroma_.mask = b_.param(kI64);
    luma_.base = b_.param(kI64);
    chroma_.base = b_.param(kI64);
    row_bytes_ = b_.param(kI64);
    const V begin = b_.param(kI64), end = b_.param(kI64), count = b_.param(kI64), mirror = b_.param(kI64);
    width_ = b_.param(kI64);
    const V dst_stride = b_.param(kI64);
    luma_.row_bytes = row_bytes_;
    chroma_.row_bytes = row_bytes_ << 1;
    chroma_.rows = luma_.rows + (luma_.taps << 3);
    const V mirrored = mirror == b_.i64(1);
    const V dst_plane = b_.i64(store_.height == graph::kDynamic ? 0 : store_.height * store_.width * unit());
    b_.for_(begin, end, b_.i64(1), [&](V entry) {
      const V y = b_.select(mirrored, count - 1 - entry, entry);
      row(entry, dst + y * dst_stride, dst_plane);
    });
  }

 private:
  // A ring of rows and the table that weighs them.
  struct Source {
    V ring, start, weight, rows, taps, mask, base, row_bytes;
  };
  // The first taps of an output row, those that are written out.
  struct Taps {
    std::vector<V> rows, weights;
  };

  int64_t unit() const { return elem_bytes(ops_.empty() ? graph::Elem::q6 : ops_.back()->type.elem); }

  V weight(const Source& s, V tap, V entry) {
    const V w = b_.load(kI32, s.weight, (tap * table_stride_ + entry) << 2);
    const V value = arith_ == Arith::q14 ? b_.convert(Op::trunc, w, vec(Scalar::i16, 1)) : loop::lshr(w, 16);
    return lanes_ == 1 ? value : b_.splat(value, lanes_);
  }
  V product(V values, V w) {
    return arith_ == Arith::q14 ? b_.binary(Op::mulhrs, values, w) : b_.convert(Op::sext, values, i32_) * w;
  }
  V start_value() {
    if (arith_ == Arith::q14) return {};  // a sum begins with its first product
    return b_.constant(i32_, 1 << 14);
  }
  V finish(V sum) {
    return arith_ == Arith::q14 ? sum : b_.convert(Op::trunc, loop::ashr(sum, 15), i16_);
  }

  Taps first_taps(const Source& s, V entry) {
    const V first = b_.convert(Op::sext, b_.load(kI32, s.start, entry << 2), kI64) + s.base;
    auto ring_row = [&](V tap) { return ((first + tap) & s.mask) * s.row_bytes; };
    Taps taps;
    const int64_t unrolled = unrolled_taps(arith_);
    for (int64_t t = 0; t < unrolled; ++t) {
      taps.rows.push_back(s.ring + ring_row(b_.i64(t)));
      taps.weights.push_back(weight(s, b_.i64(t), entry));
    }
    b_.for_(b_.i64(unrolled), s.taps, b_.i64(1), [&](V t) { b_.store(ring_row(t), s.rows, t << 3); });
    return taps;
  }

  // The resampled planes that `offsets` point to, all of one source.
  Values resample(const Source& s, const Taps& taps, V entry, const std::vector<V>& offsets) {
    Values sums;
    for (const V& at : offsets) {
      sums.push_back(start_value());
      for (size_t t = 0; t < taps.rows.size(); ++t) {
        const V p = product(b_.load(i16_, taps.rows[t], at), taps.weights[t]);
        sums.back() = t == 0 && arith_ == Arith::q14 ? p : sums.back() + p;
      }
    }
    const V from = b_.i64(int64_t(taps.rows.size()));
    sums = b_.for_(from, s.taps, b_.i64(1), sums, [&](V t, const Values& carried) {
      const V tap_row = s.ring + b_.load(kI64, s.rows, t << 3), w = weight(s, t, entry);
      Values next;
      for (size_t k = 0; k < offsets.size(); ++k)
        next.push_back(carried[k] + product(b_.load(i16_, tap_row, offsets[k]), w));
      return next;
    });
    for (V& sum : sums) sum = finish(sum);
    return sums;
  }

  V times(V v, int64_t factor) { return b_.binary(Op::mulhrs, v, b_.constant(i16_, factor)); }
  V clamp(V v) { return min(max(v, b_.constant(i16_, kLowest)), b_.constant(i16_, kHighest)); }

  // R G B of Y Cb Cr, all q6 (ycc_to_rgb_q6 in ir/graph_interp_planes.cc).
  Values colour(V y, V cb, V cr) {
    const V red = times(cr, 13173), blue = times(cb, 7471);
    const V green_cb = times(cb, 11277), green_cr = times(cr, 23401);
    return {clamp(y + cr + red), clamp(y - green_cb - green_cr), clamp(y + cb + cb - blue)};
  }

  void row(V entry, V dst, V dst_plane) {
    const Taps luma = first_taps(luma_, entry), chroma = first_taps(chroma_, entry);
    for_blocks(b_, store_, width_, lanes_, [&](V x) {
      const V at = x << 1;
      const V y = resample(luma_, luma, entry, {at})[0];
      const Values c = resample(chroma_, chroma, entry, {at, at + row_bytes_});
      const Values rgb = colour(y, c[0], c[1]);
      std::vector<PointwiseValue> channels;
      for (const V& v : rgb) channels.push_back({v, graph::Elem::q6});
      apply_pointwise(ops_, channels);
      store_block(channels, store_, dst, x, dst_plane);
    });
  }

  Builder& b_;
  Arith arith_;
  const Pointwise& ops_;
  const Store& store_;
  int lanes_;
  Type i16_, i32_;
  Source luma_, chroma_;
  V table_stride_, row_bytes_, width_;
};

}  // namespace

Function build_vertical_planes_stage(const std::string& name, Arith arith, const Pointwise& ops,
                                     const Store& store, const Schedule& s) {
  Builder b(name);
  VerticalPlanesStage(b, arith, ops, store, s).build();
  return b.finish();
}

}  // namespace headrace::lowering
