#include "compiler/lower/expr.h"

#include <bit>
#include <vector>

#include "ir/numeric.h"

namespace headrace::lowering {

using expr::Node;
using loop::Builder;
using loop::Pred;
using loop::V;
using EOp = expr::Op;
using LOp = loop::Op;

namespace {

V negated(V condition) { return condition ^ condition.b->constant(condition.type, 1); }

V value_of(const Node& n, const std::array<V, 3>& rgb, int channel, const std::vector<V>& values) {
  Builder& b = *rgb[0].b;
  const loop::Type f32 = rgb[0].type;
  auto in = [&](size_t i) { return values[n.operands[i]]; };
  switch (n.op) {
    case EOp::number:
      return b.real(f32, double(n.value));
    case EOp::c:
      return b.real(f32, double(channel));
    case EOp::x:
      return rgb[size_t(channel)];
    case EOp::r:
      return rgb[0];
    case EOp::g:
      return rgb[1];
    case EOp::b:
      return rgb[2];
    case EOp::negate:
      return b.real(f32, -0.0) - in(0);  // flips the sign of zeros too
    case EOp::add:
      return in(0) + in(1);
    case EOp::subtract:
      return in(0) - in(1);
    case EOp::multiply:
      return in(0) * in(1);
    case EOp::divide:
      return in(0) / in(1);
    case EOp::less:
      return b.compare(Pred::lt, in(0), in(1));
    case EOp::less_equal:
      return b.compare(Pred::le, in(0), in(1));
    case EOp::greater:
      return b.compare(Pred::gt, in(0), in(1));
    case EOp::greater_equal:
      return b.compare(Pred::ge, in(0), in(1));
    case EOp::equal:
      return b.compare(Pred::eq, in(0), in(1));
    case EOp::not_equal:
      return negated(b.compare(Pred::eq, in(0), in(1)));
    case EOp::not_:
      return negated(in(0));
    case EOp::and_:
      return in(0) & in(1);
    case EOp::or_:
      return in(0) | in(1);
    case EOp::select:
      return b.select(in(0), in(1), in(2));
    case EOp::min:
      return min(in(0), in(1));
    case EOp::max:
      return max(in(0), in(1));
    case EOp::clamp:
      return min(max(in(0), in(1)), in(2));
    case EOp::abs:
      return b.unary(LOp::fabs, in(0));
    case EOp::floor:
      return b.unary(LOp::floor, in(0));
    case EOp::ceil:
      return b.unary(LOp::ceil, in(0));
    case EOp::trunc:
      return b.unary(LOp::trunc_real, in(0));
    case EOp::round:
      return b.unary(LOp::rint, in(0));
    case EOp::sqrt:
      return b.unary(LOp::sqrt, in(0));
    case EOp::fma:
      return b.fma(in(0), in(1), in(2));
  }
  return rgb[0];
}

}  // namespace

V lower_expr(const expr::Expr& e, const std::array<V, 3>& rgb, int channel) {
  const expr::Expr folded = expr::fold(e, channel);
  std::vector<V> values;
  for (const Node& n : folded.nodes) values.push_back(value_of(n, rgb, channel, values));
  return values.back();
}

V one_nan(V v) {
  Builder& b = *v.b;
  return b.select(v == v, v, b.real(v.type, double(std::bit_cast<float>(num::kNanBits))));
}

}  // namespace headrace::lowering
