// Builds loop IR functions. A V is a value together with its builder, so that arithmetic reads like
// arithmetic; constants are shared and hoisted to the start of the function.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "ir/loop.h"

namespace headrace::loop {

class Builder;

struct V {
  Builder* b = nullptr;
  ValueId id = 0;
  Type type;
};

using Values = std::vector<V>;

class Builder {
 public:
  explicit Builder(std::string name) { f_.name = std::move(name); stack_.push_back({}); }
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  V param(Type t);

  V constant(Type t, int64_t value);
  V real(Type t, double value);
  V i64(int64_t v) { return constant(kI64, v); }
  V i32(int64_t v) { return constant(kI32, v); }
  V f64(double v) { return real(kF64, v); }
  V sequence(Type t, std::vector<int32_t> lanes);
  V iota(Type t);

  V unary(Op op, V a) { return value(op, {a}, a.type); }
  V binary(Op op, V a, V b) { return value(op, {a, b}, a.type); }
  V convert(Op op, V a, Type to) { return value(op, {a}, to); }
  V fma(V a, V x, V y) { return value(Op::fma, {a, x, y}, a.type); }
  V select(V c, V a, V x) { return value(Op::select, {c, a, x}, a.type); }
  V compare(Pred p, V a, V x);
  V dot2(V a, V x);
  V pack_sat(V a, V x);
  V splat(V a, int lanes) { return value(Op::splat, {a}, vec(a.type.scalar, lanes)); }
  V shuffle(V a, V x, std::vector<int32_t> mask);
  V extract(V a, int lane);
  V reduce_smax(V a) { return value(Op::reduce_smax, {a}, vec(a.type.scalar, 1)); }

  V ptradd(V p, V bytes) { return value(Op::ptradd, {p, bytes}, kPtr); }
  V load(Type t, V p, int64_t imm = 0);
  V load(Type t, V p, V offset, int64_t imm = 0);
  /// Lane i is, where bit i of the mask is set, the next of the elements at p + offset + imm; else 0.
  V expand_load(V mask, V p, V offset, int64_t imm = 0);
  void store(V v, V p, int64_t imm = 0);
  void store(V v, V p, V offset, int64_t imm = 0);
  void store_stream(V v, V p, V offset, int64_t imm);
  void fence() { emit(Op::fence); }

  /// for i = lo; i < hi; i += step (step > 0): body gets i and the carried values, returns the new ones.
  Values for_(V lo, V hi, V step, const Values& init, const std::function<Values(V, const Values&)>& body);
  void for_(V lo, V hi, V step, const std::function<void(V)>& body);
  Values if_(V condition, const std::function<Values()>& then, const std::function<Values()>& otherwise);
  void if_(V condition, const std::function<void()>& then);
  /// Runs body(case) for the matching case, body(-1) where none matches.
  void switch_(V v, const std::vector<int32_t>& cases, const std::function<void(int32_t)>& body);
  V call(const std::string& symbol, const Values& args);
  void check(V result);

  /// Calls `callee` and returns its result from this function if it is not 0.
  void call_checked(const std::string& symbol, const Values& args) { check(call(symbol, args)); }

  Function finish();

 private:
  V define(Type t);
  V value(Op op, std::initializer_list<V> operands, Type result);
  Inst& emit(Op op) { return stack_.back().insts.emplace_back(Inst{op, {}, {}, 0, 0, Pred::eq, {}, {}, {}}); }
  Block capture(const std::function<void()>& body);
  V shared(Op op, Type t, int64_t imm, double real, std::vector<int32_t> ints);

  Function f_;
  std::vector<Block> stack_;
  std::vector<Inst> constants_;
  std::map<std::tuple<Op, int, int, int64_t, uint64_t, std::vector<int32_t>>, V> pool_;
};

V operator+(V a, V b);
V operator-(V a, V b);
V operator*(V a, V b);
V operator/(V a, V b);  ///< floats; unsigned integers
V operator&(V a, V b);
V operator|(V a, V b);
V operator^(V a, V b);
V operator<<(V a, int count);
V operator<(V a, V b);
V operator<=(V a, V b);
V operator>(V a, V b);
V operator>=(V a, V b);
V operator==(V a, V b);
V lshr(V a, int count);
V ashr(V a, int count);
V min(V a, V b);  ///< signed or float
V max(V a, V b);
V operator+(V a, int64_t b);
V operator-(V a, int64_t b);
V operator*(V a, int64_t b);

/// Bit-exact language functions (ir/numeric.h) as sequences of ops, on f64 of any lane count.
V exp_f64(V x);
V log_f64(V x);

/// Philox4x32-10 (headrace/philox.h). Counter and key words, and the results, are i32 scalars.
Values philox_block(Builder& b, Values counter, V k0, V k1);
/// Uniform f64 in [0, 1) from two i32 words.
V uniform_f64(V hi, V lo);
/// i64 in [0, n) from an i32 word and an i64 n.
V below(V word, V n);

}  // namespace headrace::loop
