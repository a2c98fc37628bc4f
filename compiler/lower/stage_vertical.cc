#include "compiler/lower/stages.h"

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

class VerticalStage {
 public:
  VerticalStage(Builder& b, Arith arith, const Pointwise& ops, const Store& store, const Schedule& s)
      : b_(b), arith_(arith), ops_(ops), store_(store), lanes_(block_lanes(store, s.block_pixels())),
        i16_(vec(Scalar::i16, lanes_)), i32_(vec(Scalar::i32, lanes_)) {}

  void build() {
    ring_ = b_.param(kPtr);
    start_ = b_.param(kPtr);
    weight_ = b_.param(kPtr);
    row_offsets_ = b_.param(kPtr);
    const V dst = b_.param(kPtr);
    taps_ = b_.param(kI64);
    table_stride_ = b_.param(kI64);
    capacity_ = b_.param(kI64);
    row_bytes_ = b_.param(kI64);
    plane_bytes_ = b_.param(kI64);
    const V begin = b_.param(kI64), end = b_.param(kI64), count = b_.param(kI64), mirror = b_.param(kI64);
    width_ = b_.param(kI64);
    const V dst_stride = b_.param(kI64);
    const V mirrored = mirror == b_.i64(1);
    const V dst_plane = b_.i64(store_.height == graph::kDynamic ? 0 : store_.height * store_.width * unit());
    b_.for_(begin, end, b_.i64(1), [&](V entry) {
      const V y = b_.select(mirrored, count - 1 - entry, entry);
      row(entry, dst + y * dst_stride, dst_plane);
    });
  }

 private:
  int64_t unit() const { return elem_bytes(ops_.empty() ? (arith_ == Arith::pillow8 ? graph::Elem::u8 : graph::Elem::q6) : ops_.back()->type.elem); }

  V ring_offset(V row) { return b_.binary(Op::urem, row, capacity_) * row_bytes_; }
  V weight(V tap, V entry) { return b_.load(kI32, weight_, (tap * table_stride_ + entry) << 2); }

  V lanes_of(V w) {
    if (arith_ == Arith::q14) {
      const V narrow = b_.convert(Op::trunc, w, loop::vec(Scalar::i16, 1));
      return lanes_ == 1 ? narrow : b_.splat(narrow, lanes_);
    }
    if (arith_ == Arith::q14_wide) w = loop::ashr(w, 16);
    return lanes_ == 1 ? w : b_.splat(w, lanes_);
  }
  V product(V values, V w) {
    return arith_ == Arith::q14 ? b_.binary(Op::mulhrs, values, w) : b_.convert(Op::sext, values, i32_) * w;
  }
  V start_value() {
    if (arith_ == Arith::q14) return {};  // a sum begins with its first product
    return b_.constant(i32_, arith_ == Arith::pillow8 ? 1 << (resample::kPillowBits - 1) : 1 << 14);
  }
  PointwiseValue finish(V sum) {
    if (arith_ == Arith::q14) return {sum, graph::Elem::q6};
    if (arith_ == Arith::q14_wide) return {b_.convert(Op::trunc, loop::ashr(sum, 15), i16_), graph::Elem::q6};
    const V clamped = min(max(loop::ashr(sum, resample::kPillowBits), b_.constant(i32_, 0)), b_.constant(i32_, 255));
    return {b_.convert(Op::trunc, clamped, i16_), graph::Elem::u8};
  }

  // For all channels of a block together.
  void row(V entry, V dst, V dst_plane) {
    const V first_row = b_.convert(Op::sext, b_.load(kI32, start_, entry << 2), kI64);
    const int64_t unrolled = unrolled_taps(arith_);
    std::vector<V> rows, weights;
    for (int64_t t = 0; t < unrolled; ++t) {
      rows.push_back(ring_ + ring_offset(first_row + t));
      weights.push_back(lanes_of(weight(b_.i64(t), entry)));
    }
    b_.for_(b_.i64(unrolled), taps_, b_.i64(1), [&](V t) { b_.store(ring_offset(first_row + t), row_offsets_, t << 3); });
    for_blocks(b_, store_, width_, lanes_, [&](V x) {
      Values sums;
      std::vector<V> at;
      for (int c = 0; c < kChannels; ++c) {
        at.push_back(plane_bytes_ * c + (x << 1));
        sums.push_back(start_value());
        for (int64_t t = 0; t < unrolled; ++t) {
          const V p = product(b_.load(i16_, rows[size_t(t)], at.back()), weights[size_t(t)]);
          sums.back() = t == 0 && arith_ == Arith::q14 ? p : sums.back() + p;
        }
      }
      sums = b_.for_(b_.i64(unrolled), taps_, b_.i64(1), sums, [&](V t, const Values& carried) {
        const V tap_row = ring_ + b_.load(kI64, row_offsets_, t << 3);
        const V w = lanes_of(weight(t, entry));
        Values next;
        for (int c = 0; c < kChannels; ++c) {
          next.push_back(carried[size_t(c)] + product(b_.load(i16_, tap_row, at[size_t(c)]), w));
        }
        return next;
      });
      std::vector<PointwiseValue> channels;
      for (const V& sum : sums) channels.push_back(finish(sum));
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
  V ring_, start_, weight_, row_offsets_, taps_, table_stride_, capacity_, row_bytes_, plane_bytes_, width_;
};

}  // namespace

Function build_vertical_stage(const std::string& name, Arith arith, const Pointwise& ops, const Store& store,
                              const Schedule& s) {
  Builder b(name);
  VerticalStage(b, arith, ops, store, s).build();
  return b.finish();
}

}  // namespace headrace::lowering
