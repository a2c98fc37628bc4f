// How the ops of expressions are written.
#pragma once

#include <span>
#include <string_view>

#include "ir/expr.h"

namespace headrace::expr {

enum class Kind : uint8_t { number, condition };

struct Word {
  std::string_view name;
  Op op;
};

/// Operators between two operands. A higher precedence binds closer.
struct Binary {
  std::string_view text;
  Op op;
  int precedence;
  Kind operands;
};

inline constexpr int kComparison = 3;  ///< the precedence of operators that do not chain
inline constexpr int kUnary = 6;       ///< of signs and "!"

std::span<const Word> variables();
std::span<const Word> functions();
std::span<const Binary> binaries();

/// The operator an op is written by, or null.
const Binary* binary_of(Op op);

/// The name an op is written by; empty if it has none.
std::string_view name_of(Op op);

/// What operand `i` of a function is.
Kind operand_kind(Op op, int i);

}  // namespace headrace::expr
