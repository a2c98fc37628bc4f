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

constexpr int kColumns = 8;  // output columns per step, one 8x8 transpose per part

// In each 128-bit part: rows x columns of 8 vectors swapped. Vector k lane r becomes vector r lane k.
std::vector<V> transpose8(std::vector<V> v) {
  for (size_t d = 4; d >= 1; d /= 2) {
    std::vector<V> next(8);
    for (size_t g = 0; g < 8; g += 2 * d) {
      for (size_t k = 0; k < d; ++k) {
        next[g + k] = unpack(v[g + k], v[g + d + k], false);
        next[g + d + k] = unpack(v[g + k], v[g + d + k], true);
      }
    }
    v = std::move(next);
  }
  return v;
}

class HorizontalStage {
 public:
  HorizontalStage(Builder& b, Arith arith, int channels, const Schedule& s)
      : b_(b),
        arith_(arith),
        static_channels_(channels),
        rows_(s.strip_rows()),
        i16_(vec(Scalar::i16, rows_)),
        i32_(vec(Scalar::i32, rows_)) {}

  void build() {
    cols_ = b_.param(kPtr);
    start_ = b_.param(kPtr);
    weight_ = b_.param(kPtr);
    taps_ = b_.param(kI64);
    const V count = b_.param(kI64);
    table_stride_ = b_.param(kI64);
    dst_ = b_.param(kPtr);
    row_bytes_ = b_.param(kI64);
    plane_bytes_ = b_.param(kI64);
    channels_ = b_.param(kI64);
    if (static_channels_ != 0) channels_ = b_.i64(static_channels_);
    pixel_bytes_ = channels_ * (rows_ * 2);
    b_.for_(b_.i64(0), count, b_.i64(kColumns), [&](V x) { columns(x); });
  }

 private:
  // Weight of tap t for output column x + k, in every lane.
  V weight(V tap_row, V x, int k) {
    const V w = b_.load(kI32, weight_, tap_row + (x << 2), 4 * k);
    if (arith_ != Arith::q14) return b_.splat(arith_ == Arith::pillow8 ? w : loop::ashr(w, 16), rows_);
    return b_.convert(Op::bitcast, b_.splat(w, rows_ / 2), i16_);
  }

  V product(V column, V w) {
    if (arith_ == Arith::q14) return b_.binary(Op::mulhrs, column, w);
    return b_.convert(Op::sext, column, i32_) * w;
  }

  V start_value() {
    if (arith_ == Arith::q14) return {};  // a sum begins with its first product
    return b_.constant(i32_, arith_ == Arith::pillow8 ? 1 << (resample::kPillowBits - 1) : 1 << 14);
  }

  V finish(V sum) {
    if (arith_ == Arith::q14) return sum;
    if (arith_ == Arith::q14_wide) return b_.convert(Op::trunc, loop::ashr(sum, 15), i16_);
    const V clamped =
        min(max(loop::ashr(sum, resample::kPillowBits), b_.constant(i32_, 0)), b_.constant(i32_, 255));
    return b_.convert(Op::trunc, clamped, i16_);
  }

  // Most crops shrink or grow little: two taps, then a loop over what is left.
  void columns(V x) {
    std::vector<V> source(kColumns);  // byte offset of the first tap's pixel
    for (int k = 0; k < kColumns; ++k) {
      const V s = b_.convert(Op::sext, b_.load(kI32, start_, x << 2, 4 * k), kI64);
      source[size_t(k)] = s * pixel_bytes_;
    }
    if (static_channels_ == 1) return channel(cols_, x, source, dst_ + (x << 1));
    b_.for_(b_.i64(0), channels_, b_.i64(1),
            [&](V c) { channel(cols_ + c * (rows_ * 2), x, source, dst_ + (plane_bytes_ * c + (x << 1))); });
  }

  void channel(V cols, V x, const std::vector<V>& source, V dst) {
    const int64_t unrolled = unrolled_taps(arith_);
    Values sums(kColumns, start_value());
    for (int k = 0; k < kColumns; ++k) {
      for (int64_t t = 0; t < unrolled; ++t) {
        const V p = product(b_.load(i16_, cols + pixel_bytes_ * t, source[size_t(k)]),
                            weight(table_stride_ * (4 * t), x, k));
        sums[size_t(k)] = t == 0 && arith_ == Arith::q14 ? p : sums[size_t(k)] + p;
      }
    }
    sums = b_.for_(b_.i64(unrolled), taps_, b_.i64(1), sums, [&](V t, const Values& carried) {
      const V tap_cols = cols + t * pixel_bytes_, tap_row = t * table_stride_ << 2;
      Values next(kColumns);
      for (int k = 0; k < kColumns; ++k) {
        next[size_t(k)] =
            carried[size_t(k)] + product(b_.load(i16_, tap_cols, source[size_t(k)]), weight(tap_row, x, k));
      }
      return next;
    });
    for (V& sum : sums) sum = finish(sum);
    store_rows(transpose8(std::move(sums)), dst);
  }

  void store_rows(const std::vector<V>& v, V base) {
    for (int p = 0; p < rows_ / 8; ++p) {
      for (int j = 0; j < 8; ++j) {
        std::vector<int32_t> part(8);
        for (int i = 0; i < 8; ++i) part[size_t(i)] = 8 * p + i;
        b_.store(rows_ == 8 ? v[size_t(j)] : b_.shuffle(v[size_t(j)], v[size_t(j)], std::move(part)), base,
                 row_bytes_ * (8 * p + j));
      }
    }
  }

  Builder& b_;
  Arith arith_;
  int static_channels_;  // 0: any number
  int rows_;
  Type i16_, i32_;
  V cols_, start_, weight_, taps_, table_stride_, dst_, row_bytes_, plane_bytes_, channels_, pixel_bytes_;
};

}  // namespace

Function build_horizontal_stage(const std::string& name, Arith arith, int channels, const Schedule& s) {
  Builder b(name);
  HorizontalStage(b, arith, channels, s).build();
  return b.finish();
}

}  // namespace headrace::lowering
