#include "ir/expr.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "ir/expr_table.h"

namespace headrace::expr {
namespace {

constexpr Word kVariables[] = {{"x", Op::x}, {"c", Op::c}, {"r", Op::r}, {"g", Op::g}, {"b", Op::b}};

constexpr Word kFunctions[] = {{"min", Op::min},     {"max", Op::max},      {"clamp", Op::clamp},
                               {"abs", Op::abs},     {"floor", Op::floor},  {"ceil", Op::ceil},
                               {"trunc", Op::trunc}, {"round", Op::round},  {"sqrt", Op::sqrt},
                               {"fma", Op::fma},     {"select", Op::select}};

// Longer texts before those they begin with.
constexpr Binary kBinaries[] = {{"||", Op::or_, 1, Kind::condition},
                                {"&&", Op::and_, 2, Kind::condition},
                                {"<=", Op::less_equal, kComparison, Kind::number},
                                {">=", Op::greater_equal, kComparison, Kind::number},
                                {"==", Op::equal, kComparison, Kind::number},
                                {"!=", Op::not_equal, kComparison, Kind::number},
                                {"<", Op::less, kComparison, Kind::number},
                                {">", Op::greater, kComparison, Kind::number},
                                {"+", Op::add, 4, Kind::number},
                                {"-", Op::subtract, 4, Kind::number},
                                {"*", Op::multiply, 5, Kind::number},
                                {"/", Op::divide, 5, Kind::number}};

std::string number_text(float value) {
  std::array<char, 32> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return error == std::errc() ? std::string(buffer.data(), end) : "0";
}

int precedence(const Node& n) {
  if (const Binary* b = binary_of(n.op)) return b->precedence;
  const bool has_sign =
      n.op == Op::negate || n.op == Op::not_ || (n.op == Op::number && std::signbit(n.value));
  return has_sign ? kUnary : kUnary + 1;
}

std::string text_of(const Expr& e, uint32_t id) {
  const Node& n = e.nodes[id];
  auto part = [&](int i, int least) {
    const uint32_t operand = n.operands[size_t(i)];
    const std::string text = text_of(e, operand);
    return precedence(e.nodes[operand]) < least ? "(" + text + ")" : text;
  };
  if (n.op == Op::number) return number_text(n.value);
  if (n.op == Op::negate) return "-" + part(0, kUnary);
  if (n.op == Op::not_) return "!" + part(0, kUnary);
  if (const Binary* b = binary_of(n.op)) {
    const bool chains = b->precedence != kComparison;
    return part(0, b->precedence + (chains ? 0 : 1)) + " " + std::string(b->text) + " " +
           part(1, b->precedence + 1);
  }
  std::string text(name_of(n.op));
  for (int i = 0; i < operand_count(n.op); ++i) text += (i == 0 ? "(" : ", ") + part(i, 0);
  return operand_count(n.op) > 0 ? text + ")" : text;
}

}  // namespace

std::span<const Word> variables() { return kVariables; }
std::span<const Word> functions() { return kFunctions; }
std::span<const Binary> binaries() { return kBinaries; }

const Binary* binary_of(Op op) {
  const auto* found =
      std::find_if(std::begin(kBinaries), std::end(kBinaries), [&](const Binary& b) { return b.op == op; });
  return found == std::end(kBinaries) ? nullptr : found;
}

std::string_view name_of(Op op) {
  for (const Word& w : kVariables) {
    if (w.op == op) return w.name;
  }
  for (const Word& w : kFunctions) {
    if (w.op == op) return w.name;
  }
  return {};
}

Kind operand_kind(Op op, int i) { return op == Op::select && i == 0 ? Kind::condition : Kind::number; }

int operand_count(Op op) {
  switch (op) {
    case Op::number:
    case Op::x:
    case Op::c:
    case Op::r:
    case Op::g:
    case Op::b:
      return 0;
    case Op::negate:
    case Op::not_:
    case Op::abs:
    case Op::floor:
    case Op::ceil:
    case Op::trunc:
    case Op::round:
    case Op::sqrt:
      return 1;
    case Op::select:
    case Op::clamp:
    case Op::fma:
      return 3;
    default:
      return 2;
  }
}

bool is_condition(Op op) { return op >= Op::less && op <= Op::or_; }

bool reads_pixel(const Expr& e) {
  return std::any_of(e.nodes.begin(), e.nodes.end(),
                     [](const Node& n) { return n.op >= Op::r && n.op <= Op::b; });
}

std::string print(const Expr& e) { return text_of(e, uint32_t(e.nodes.size() - 1)); }

}  // namespace headrace::expr
