// The expressions of the op `map`: arithmetic on one f32 number, evaluated for each channel of each pixel.
// docs/ir.md defines every operator to the bit.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/status.h"

namespace headrace::expr {

/// Limits of a text: characters, and parentheses, calls and signs within one another. What users write has
/// fewer characters, so that what is printed of it, folded or not, can always be read again.
inline constexpr size_t kMaxLength = 4000;
inline constexpr size_t kMaxWritten = 1000;
inline constexpr int kMaxDepth = 64;

enum class Op : uint8_t {
  number,
  x,
  c,
  r,
  g,
  b,  // the value, the number of its channel, the pixel's values
  negate,
  add,
  subtract,
  multiply,
  divide,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,  // conditions
  not_,
  and_,
  or_,
  select,
  min,
  max,
  clamp,
  abs,
  floor,
  ceil,
  trunc,
  round,
  sqrt,
  fma
};

struct Node {
  Op op = Op::number;
  float value = 0;                     ///< of a number
  std::array<uint32_t, 3> operands{};  ///< as many as the op takes; indices of nodes before this one
};

/// A checked expression: operands come before their users, the last node is the result, which is a number.
struct Expr {
  std::vector<Node> nodes;
};

/// What to put after the report of a name that does not exist, given those that do (compiler/spec/suggest.h).
using Hint = std::string (*)(std::string_view name, std::span<const std::string_view> names);

/// Reads an expression. The error is one, "ir.expression" with the place "column 7" (1 is the first; empty
/// for the text as a whole). Without `hint` messages suggest nothing.
Expected<Expr> parse(std::string_view text, Hint hint = nullptr, size_t max_length = kMaxLength);

/// Canonical text: parse(print(e)) is e again.
std::string print(const Expr& e);

int operand_count(Op op);

/// Whether an op makes a condition; all others make numbers.
bool is_condition(Op op);

/// Whether an expression reads the pixel's other channels: r, g or b.
bool reads_pixel(const Expr& e);

/// One op on f32 numbers; conditions are 1 and 0.
float apply(Op op, float a, float b, float c);

struct Pixel {
  std::array<float, 3> rgb{};
  int channel = 0;  ///< of x and c
};

/// The value for one channel of a pixel. `work` is memory that is kept from call to call.
float evaluate(const Expr& e, const Pixel& pixel, std::vector<float>& work);

/// The same expression with what is constant computed; with a channel, `c` and the one of r, g, b that is x
/// are known. Results that are no finite number stay written as they are.
Expr fold(const Expr& e, std::optional<int> channel = {});

}  // namespace headrace::expr
