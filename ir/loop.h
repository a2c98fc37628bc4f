// The loop IR: structured control flow over scalars and explicit fixed-width vectors. One function per
// pipeline stage; docs/ir.md defines every op. Memory is addressed by pointers and byte offsets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "headrace/status.h"

namespace headrace::loop {

enum class Scalar : uint8_t { i1, i8, i16, i32, i64, f16, f32, f64, ptr };

/// A scalar (lanes 1) or a vector of 2 to 64 lanes.
struct Type {
  Scalar scalar = Scalar::i64;
  uint16_t lanes = 1;
  bool operator==(const Type&) const = default;
};

constexpr Type vec(Scalar s, int lanes) { return {s, uint16_t(lanes)}; }
inline constexpr Type kI1{Scalar::i1, 1}, kI32{Scalar::i32, 1}, kI64{Scalar::i64, 1}, kF64{Scalar::f64, 1},
    kF32{Scalar::f32, 1}, kPtr{Scalar::ptr, 1};

constexpr int scalar_bytes(Scalar s) {
  switch (s) {
    case Scalar::i1:
    case Scalar::i8: return 1;
    case Scalar::i16:
    case Scalar::f16: return 2;
    case Scalar::i32:
    case Scalar::f32: return 4;
    default: return 8;
  }
}
constexpr bool is_float(Scalar s) { return s == Scalar::f16 || s == Scalar::f32 || s == Scalar::f64; }
constexpr bool is_int(Scalar s) { return s <= Scalar::i64; }

enum class Op : uint8_t {
#define HR_LOOP_OP(id, name, form) id,
#include "ir/loop_ops.def"
#undef HR_LOOP_OP
};

/// Shape of an op's text and checks; see loop_ops.def.
enum class Form : uint8_t {
  constant, unary, binary, ternary, compare, convert, shuffle, extract, load, expand, store, control, call
};

enum class Pred : uint8_t { eq, ne, lt, le, gt, ge, ult, ule };  ///< floats: ordered; lt..ge signed

/// Streamed stores are aligned to their size, or to this many bytes if they are larger.
inline constexpr size_t kStreamAlignment = 32;

using ValueId = uint32_t;

struct Inst;
struct Block { std::vector<Inst> insts; };

struct Inst {
  Op op;
  std::vector<ValueId> operands;
  std::vector<ValueId> results;
  int64_t imm = 0;              ///< constant, byte offset, lane
  double real = 0;              ///< float constant
  Pred pred = Pred::eq;
  std::vector<int32_t> ints;    ///< shuffle mask, vector constant, switch cases
  std::string symbol;           ///< callee
  std::vector<Block> blocks;    ///< for: body; if: then, else; switch: a block per case, then the default
};

struct Function {
  std::string name;
  std::vector<ValueId> params;       ///< the first values
  std::vector<Type> types;           ///< by value
  Block body;                        ///< falls off the end returning 0
};

struct Module {
  std::vector<Function> functions;
  const Function* find(std::string_view name) const;
};

std::string_view op_name(Op op);
Form op_form(Op op);
bool find_op(std::string_view name, Op& op);
std::string type_text(Type t);
std::string_view pred_name(Pred p);

/// Canonical text: values are numbered in order of definition.
std::string print(const Function& function);
std::string print(const Module& module);

/// Where functions and their ops stand in the text of a module: line numbers from 1. Of the module that was printed, as
/// long as it is not changed.
struct Lines {
  std::unordered_map<const Function*, int> functions;
  std::unordered_map<const Inst*, int> insts;
};
std::string print(const Module& module, Lines& lines);

/// Where the ops of a text begin, "line 3, column 5", in the order of the text.
using Places = std::vector<std::string>;

Expected<Module> parse(std::string_view text, Places* places = nullptr);

/// `externs` names callable functions that are not in the module and their argument counts.
struct Extern {
  std::string_view name;
  int args;
};
/// With the places of the text that the module was parsed from, errors name them.
Status verify(const Module& module, const std::vector<Extern>& externs, const Places* places = nullptr);

}  // namespace headrace::loop
