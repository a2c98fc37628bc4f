// The value of expressions, and what of it is known beforehand.
#include <cmath>

#include "ir/expr.h"

namespace headrace::expr {

float apply(Op op, float a, float b, float c) {
  switch (op) {
    case Op::negate:
      return -a;
    case Op::add:
      return a + b;
    case Op::subtract:
      return a - b;
    case Op::multiply:
      return a * b;
    case Op::divide:
      return a / b;
    case Op::less:
      return a < b ? 1 : 0;
    case Op::less_equal:
      return a <= b ? 1 : 0;
    case Op::greater:
      return a > b ? 1 : 0;
    case Op::greater_equal:
      return a >= b ? 1 : 0;
    case Op::equal:
      return a == b ? 1 : 0;
    case Op::not_equal:
      return a == b ? 0 : 1;
    case Op::not_:
      return a != 0 ? 0 : 1;
    case Op::and_:
      return a != 0 && b != 0 ? 1 : 0;
    case Op::or_:
      return a != 0 || b != 0 ? 1 : 0;
    case Op::select:
      return a != 0 ? b : c;
    case Op::min:
      return a < b ? a : b;
    case Op::max:
      return a > b ? a : b;
    case Op::clamp: {
      const float low = a > b ? a : b;
      return low < c ? low : c;
    }
    case Op::abs:
      return std::fabs(a);
    case Op::floor:
      return std::floor(a);
    case Op::ceil:
      return std::ceil(a);
    case Op::trunc:
      return std::trunc(a);
    case Op::round:
      return std::nearbyint(a);
    case Op::sqrt:
      return std::sqrt(a);
    case Op::fma:
      return std::fma(a, b, c);
    default:
      return 0;  // the leaves have no operands
  }
}

namespace {

float leaf(const Node& n, const Pixel& p) {
  switch (n.op) {
    case Op::number:
      return n.value;
    case Op::x:
      return p.rgb[size_t(p.channel)];
    case Op::c:
      return float(p.channel);
    default:
      return p.rgb[size_t(n.op) - size_t(Op::r)];
  }
}

// Keeps what the last node needs, in the same order.
Expr without_unused(const Expr& e) {
  std::vector<bool> used(e.nodes.size(), false);
  used.back() = true;
  for (size_t i = e.nodes.size(); i-- > 0;) {
    for (int k = 0; used[i] && k < operand_count(e.nodes[i].op); ++k)
      used[e.nodes[i].operands[size_t(k)]] = true;
  }
  Expr out;
  std::vector<uint32_t> place(e.nodes.size());
  for (size_t i = 0; i < e.nodes.size(); ++i) {
    if (!used[i]) continue;
    Node n = e.nodes[i];
    for (int k = 0; k < operand_count(n.op); ++k) n.operands[size_t(k)] = place[n.operands[size_t(k)]];
    place[i] = uint32_t(out.nodes.size());
    out.nodes.push_back(n);
  }
  return out;
}

}  // namespace

float evaluate(const Expr& e, const Pixel& pixel, std::vector<float>& work) {
  work.resize(e.nodes.size());
  for (size_t i = 0; i < e.nodes.size(); ++i) {
    const Node& n = e.nodes[i];
    // Operands that an op does not have are those of node 0, and not looked at.
    work[i] = operand_count(n.op) == 0
                  ? leaf(n, pixel)
                  : apply(n.op, work[n.operands[0]], work[n.operands[1]], work[n.operands[2]]);
  }
  return work.back();
}

Expr fold(const Expr& e, std::optional<int> channel) {
  Expr out = e;
  // What a node always is: of a condition 1 or 0.
  std::vector<std::optional<float>> known(e.nodes.size());
  // Which node stands for another.
  std::vector<uint32_t> alias(e.nodes.size());
  for (uint32_t i = 0; i < out.nodes.size(); ++i) {
    Node& n = out.nodes[i];
    alias[i] = i;
    const int count = operand_count(n.op);
    if (n.op == Op::number) known[i] = n.value;
    if (channel && n.op == Op::c) known[i] = float(*channel);
    if (channel && n.op == Op(size_t(Op::r) + size_t(*channel))) n.op = Op::x;
    bool all = count > 0;
    for (int k = 0; k < count; ++k) {
      uint32_t& operand = n.operands[size_t(k)];
      operand = alias[operand];
      all = all && known[operand].has_value();
    }
    if (all) {
      auto value = [&](int k) { return k < count ? *known[n.operands[size_t(k)]] : 0.0f; };
      const float result = apply(n.op, value(0), value(1), value(2));
      if (std::isfinite(result)) known[i] = result;
    } else if (n.op == Op::select && known[n.operands[0]]) {
      alias[i] = n.operands[*known[n.operands[0]] != 0 ? 1 : 2];
      known[i] = known[alias[i]];
    }
    if (known[i] && !is_condition(n.op)) n = {Op::number, *known[i], {}};
  }
  // The result is the last node.
  const uint32_t result = alias[out.nodes.size() - 1];
  out.nodes.resize(result + 1);
  return without_unused(out);
}

}  // namespace headrace::expr
