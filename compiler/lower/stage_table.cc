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
using resample::Shape;

namespace {

// What a vector of output indices draws from; the scalar definition is ir/resample_table.cc, and every
// operation here is the same operation there.
struct Reach {
  V start, count, a, b;
};

class TableStage {
 public:
  TableStage(Builder& b, Shape shape, bool q14, int lanes, bool boxed)
      : b_(b), shape_(shape), q14_(q14), lanes_(lanes), boxed_(boxed), real_(vec(Scalar::f64, lanes)), int_(vec(Scalar::i32, lanes)) {}

  void build() {
    const V src = b_.param(kI64), dst = b_.param(kI64), offset = b_.param(kI64), count = b_.param(kI64);
    const V pre = b_.param(kI64), post = b_.param(kI64);
    const V start = b_.param(kPtr), weight = b_.param(kPtr), taps_out = b_.param(kPtr);
    V begin8, length8;
    if (boxed_) {
      begin8 = b_.param(kI64);
      length8 = b_.param(kI64);
    }
    src_ = number(src);
    dst_ = number(dst);
    offset_ = number(offset);
    last_ = number(count - 1);
    const V length = boxed_ ? number(length8) * real(0.125) : src_;
    scale_ = length / dst_;
    pre_ = pre == b_.i64(1);
    post_ = post == b_.i64(1);
    end_ = src_;
    if (boxed_) {
      const V begin = number(begin8) * real(0.125);
      begin_ = b_.select(pre_, src_ - begin - length, begin);
      end_ = begin_ + length;
    }
    const V zero = b_.i64(0), step = b_.i64(lanes_);
    const V padded = (count + (kTablePad - 1)) & b_.i64(-kTablePad);

    const Values most = b_.for_(zero, padded, step, {b_.constant(int_, 0)}, [&](V i, const Values& c) {
      const Reach r = reach(i);
      const V first = b_.select(pre_, src_ - r.start - r.count, r.start);
      b_.store(b_.convert(Op::fptosi, first, int_), start, i << 2);
      return Values{max(c[0], b_.convert(Op::fptosi, r.count, int_))};
    });
    const V taps = max(b_.convert(Op::sext, b_.reduce_smax(most[0]), kI64), b_.i64(kMinTaps));
    b_.store(taps, taps_out);

    b_.for_(zero, padded, step, [&](V i) { weights(i, taps, padded, weight); });
  }

 private:
  V real(double v) { return b_.real(real_, v); }
  V number(V i) { return b_.splat(b_.convert(Op::sitofp, i, loop::kF64), lanes_); }
  V trunc(V v) { return b_.unary(Op::trunc_real, v); }
  V from_begin(V v) { return boxed_ ? begin_ + v : v; }

  Reach reach(V i) {
    const V index = min(number(i) + b_.convert(Op::sitofp, b_.iota(int_), real_), last_);
    const V j = offset_ + b_.select(post_, last_ - index, index);
    Reach r;
    switch (shape_) {
      case Shape::triangle: {
        const V filter_scale = max(scale_, real(1.0));
        const V center = from_begin((j + real(0.5)) * scale_);
        r.start = trunc(max(center - filter_scale + real(0.5), real(0.0)));
        r.count = min(trunc(center + filter_scale + real(0.5)), src_) - r.start;
        r.a = center;
        r.b = real(1.0) / filter_scale;
        break;
      }
      case Shape::point: {
        const V position = min(max((j + real(0.5)) * scale_ - real(0.5), real(0.0)), src_ - real(1.0));
        r.start = trunc(position);
        r.count = min(real(2.0), src_ - r.start);
        r.a = position - r.start;
        break;
      }
      case Shape::nearest:
        r.start = min(trunc((j + real(0.5)) * scale_), src_ - real(1.0));
        r.count = real(1.0);
        break;
      case Shape::area_overlap:
        r.a = from_begin(j * scale_);
        r.b = min(r.a + scale_, end_);
        r.start = min(trunc(r.a), src_ - real(1.0));
        r.count = min(b_.unary(Op::ceil, r.b), src_) - r.start;
        break;
      case Shape::area_linear: {
        const V cell = trunc(j * scale_);
        const V fraction = max((j + real(1.0)) - (cell + real(1.0)) * (dst_ / src_), real(0.0));
        const V inside = fraction - trunc(fraction);
        r.start = min(cell, src_ - real(1.0));
        r.count = min(real(2.0), src_ - r.start);
        r.a = b_.select(r.count < real(2.0), real(0.0), inside);
        break;
      }
    }
    return r;
  }

  V weight_of(const Reach& r, V t) {
    switch (shape_) {
      case Shape::triangle:
        return max(real(1.0) - b_.unary(Op::fabs, ((r.start + t) - r.a + real(0.5)) * r.b), real(0.0));
      case Shape::point:
      case Shape::area_linear: return b_.select(t > real(0.5), r.a, real(1.0) - r.a);
      case Shape::nearest: return real(1.0);
      case Shape::area_overlap: {
        const V k = r.start + t;
        const V overlap = min(k + real(1.0), r.b) - max(k, r.a);
        return b_.select(overlap > real(1e-3), overlap, real(0.0));
      }
    }
    return real(0.0);
  }

  void weights(V i, V taps, V padded, V weight) {
    const V zero = b_.i64(0), one = b_.i64(1);
    const Reach r = reach(i);
    const V nothing = real(0.0);
    const Values total = b_.for_(zero, taps, one, {nothing}, [&](V tap, const Values& c) {
      const V t = number(tap);
      return Values{c[0] + b_.select(t < r.count, weight_of(r, t), nothing)};
    });
    const V factor = real(double(1 << resample::kQ14Bits)) / total[0];
    const Values init = q14_ ? Values{nothing, b_.constant(int_, 0)} : Values{};
    b_.for_(zero, taps, one, init, [&](V tap, const Values& c) {
      const V t = number(tap);
      const V source = b_.select(pre_, r.count - real(1.0) - t, t);
      const V w = b_.select(t < r.count, weight_of(r, source), nothing);
      const V at = (tap * padded + i) << 2;
      if (!q14_) {
        const V scaled = w / total[0] * real(double(1 << resample::kPillowBits)) + real(0.5);
        b_.store(b_.convert(Op::fptosi, scaled, int_), weight, at);
        return Values{};
      }
      const V running = c[0] + w;
      const V rounded = b_.convert(Op::fptosi, running * factor + real(0.5), int_);
      const V q = rounded - c[1];
      b_.store(q | (q << 16), weight, at);
      return Values{running, rounded};
    });
  }

  Builder& b_;
  Shape shape_;
  bool q14_;
  int lanes_;
  bool boxed_;
  Type real_, int_;
  V src_, dst_, offset_, last_, scale_, pre_, post_;
  V begin_, end_;  // of the box, or of the source
};

}  // namespace

Function build_table_stage(const std::string& name, Shape shape, bool q14, const Schedule& s, bool boxed) {
  Builder b(name);
  TableStage(b, shape, q14, s.vector_bits / 64, boxed).build();
  return b.finish();
}

}  // namespace headrace::lowering
