#include "ir/loop_build.h"

#include <bit>

namespace headrace::loop {

V Builder::define(Type t) {
  f_.types.push_back(t);
  return {this, ValueId(f_.types.size() - 1), t};
}

V Builder::param(Type t) {
  const V v = define(t);
  f_.params.push_back(v.id);
  return v;
}

V Builder::value(Op op, std::initializer_list<V> operands, Type result) {
  const V r = define(result);
  Inst& inst = emit(op);
  for (const V& v : operands) inst.operands.push_back(v.id);
  inst.results.push_back(r.id);
  return r;
}

V Builder::shared(Op op, Type t, int64_t imm, double real, std::vector<int32_t> ints) {
  auto key = std::make_tuple(op, int(t.scalar), int(t.lanes), imm, std::bit_cast<uint64_t>(real), ints);
  const auto it = pool_.find(key);
  if (it != pool_.end()) return it->second;
  const V r = define(t);
  constants_.push_back({op, {}, {r.id}, imm, real, Pred::eq, std::move(ints), {}, {}});
  return pool_[key] = r;
}

V Builder::constant(Type t, int64_t v) { return shared(Op::constant, t, v, 0, {}); }
V Builder::real(Type t, double v) { return shared(Op::constant, t, 0, v, {}); }
V Builder::sequence(Type t, std::vector<int32_t> lanes) { return shared(Op::sequence, t, 0, 0, std::move(lanes)); }

V Builder::iota(Type t) {
  std::vector<int32_t> lanes(t.lanes);
  for (int i = 0; i < t.lanes; ++i) lanes[size_t(i)] = i;
  return sequence(t, std::move(lanes));
}

V Builder::compare(Pred p, V a, V x) {
  const V r = value(is_float(a.type.scalar) ? Op::fcmp : Op::icmp, {a, x}, vec(Scalar::i1, a.type.lanes));
  stack_.back().insts.back().pred = p;
  return r;
}

V Builder::dot2(V a, V x) { return value(Op::dot2, {a, x}, vec(Scalar::i32, a.type.lanes / 2)); }

V Builder::pack_sat(V a, V x) { return value(Op::pack_sat, {a, x}, vec(Scalar::i16, a.type.lanes * 2)); }

V Builder::shuffle(V a, V x, std::vector<int32_t> mask) {
  const V r = value(Op::shuffle, {a, x}, vec(a.type.scalar, int(mask.size())));
  stack_.back().insts.back().ints = std::move(mask);
  return r;
}

V Builder::extract(V a, int lane) {
  const V r = value(Op::extract, {a}, vec(a.type.scalar, 1));
  stack_.back().insts.back().imm = lane;
  return r;
}

V Builder::load(Type t, V p, int64_t imm) {
  const V r = value(Op::load, {p}, t);
  stack_.back().insts.back().imm = imm;
  return r;
}

V Builder::load(Type t, V p, V offset, int64_t imm) {
  const V r = value(Op::load, {p, offset}, t);
  stack_.back().insts.back().imm = imm;
  return r;
}

V Builder::expand_load(V mask, V p, V offset, int64_t imm) {
  const V r = value(Op::expand_load, {mask, p, offset}, vec(Scalar::i16, 8 * scalar_bytes(mask.type.scalar)));
  stack_.back().insts.back().imm = imm;
  return r;
}

void Builder::store(V v, V p, int64_t imm) {
  Inst& inst = emit(Op::store);
  inst.operands = {v.id, p.id};
  inst.imm = imm;
}

void Builder::store_stream(V v, V p, V offset, int64_t imm) {
  Inst& inst = emit(Op::store_stream);
  inst.operands = {v.id, p.id, offset.id};
  inst.imm = imm;
}

void Builder::store(V v, V p, V offset, int64_t imm) {
  Inst& inst = emit(Op::store);
  inst.operands = {v.id, p.id, offset.id};
  inst.imm = imm;
}

Block Builder::capture(const std::function<void()>& body) {
  stack_.emplace_back();
  body();
  Block block = std::move(stack_.back());
  stack_.pop_back();
  return block;
}

Values Builder::for_(V lo, V hi, V step, const Values& init, const std::function<Values(V, const Values&)>& body) {
  const V i = define(lo.type);
  Values carried;
  for (const V& v : init) carried.push_back(define(v.type));
  Block block = capture([&] {
    const Values next = body(i, carried);
    if (!next.empty()) {
      Inst& y = emit(Op::yield);
      for (const V& v : next) y.operands.push_back(v.id);
    }
  });
  Values results;
  for (const V& v : init) results.push_back(define(v.type));
  Inst& inst = emit(Op::for_);
  inst.operands = {lo.id, hi.id, step.id};
  for (const V& v : init) inst.operands.push_back(v.id);
  for (const V& v : results) inst.results.push_back(v.id);
  // The loop's own values follow the results: induction variable, then carried values.
  inst.results.push_back(i.id);
  for (const V& v : carried) inst.results.push_back(v.id);
  inst.blocks.push_back(std::move(block));
  return results;
}

void Builder::for_(V lo, V hi, V step, const std::function<void(V)>& body) {
  for_(lo, hi, step, {}, [&](V i, const Values&) {
    body(i);
    return Values{};
  });
}

Values Builder::if_(V condition, const std::function<Values()>& then, const std::function<Values()>& otherwise) {
  Values first;
  auto branch = [&](const std::function<Values()>& f, bool keep) {
    return capture([&] {
      const Values values = f();
      if (keep) first = values;
      if (!values.empty()) {
        Inst& y = emit(Op::yield);
        for (const V& v : values) y.operands.push_back(v.id);
      }
    });
  };
  Block a = branch(then, true);
  Block b = branch(otherwise, false);
  Values results;
  for (const V& v : first) results.push_back(define(v.type));
  Inst& inst = emit(Op::if_);
  inst.operands = {condition.id};
  for (const V& v : results) inst.results.push_back(v.id);
  inst.blocks.push_back(std::move(a));
  inst.blocks.push_back(std::move(b));
  return results;
}

void Builder::if_(V condition, const std::function<void()>& then) {
  if_(condition, [&] { then(); return Values{}; }, [] { return Values{}; });
}

void Builder::switch_(V v, const std::vector<int32_t>& cases, const std::function<void(int32_t)>& body) {
  std::vector<Block> blocks;
  for (int32_t c : cases) blocks.push_back(capture([&] { body(c); }));
  blocks.push_back(capture([&] { body(-1); }));
  Inst& inst = emit(Op::switch_);
  inst.operands = {v.id};
  inst.ints = cases;
  inst.blocks = std::move(blocks);
}

V Builder::call(const std::string& symbol, const Values& args) {
  const V r = define(kI32);
  Inst& inst = emit(Op::call);
  inst.symbol = symbol;
  for (const V& v : args) inst.operands.push_back(v.id);
  inst.results.push_back(r.id);
  return r;
}

void Builder::check(V result) { emit(Op::check).operands = {result.id}; }

Function Builder::finish() {
  f_.body.insts = std::move(constants_);
  for (Inst& i : stack_.back().insts) f_.body.insts.push_back(std::move(i));
  return std::move(f_);
}

namespace {
V arith(V a, V b, Op integer, Op real) { return a.b->binary(is_float(a.type.scalar) ? real : integer, a, b); }
V number(V like, int64_t v) {
  return is_float(like.type.scalar) ? like.b->real(like.type, double(v)) : like.b->constant(like.type, v);
}
}  // namespace

V operator+(V a, V b) { return a.type.scalar == Scalar::ptr ? a.b->ptradd(a, b) : arith(a, b, Op::add, Op::fadd); }
V operator-(V a, V b) { return arith(a, b, Op::sub, Op::fsub); }
V operator*(V a, V b) { return arith(a, b, Op::mul, Op::fmul); }
V operator/(V a, V b) { return arith(a, b, Op::udiv, Op::fdiv); }
V operator&(V a, V b) { return a.b->binary(Op::and_, a, b); }
V operator|(V a, V b) { return a.b->binary(Op::or_, a, b); }
V operator^(V a, V b) { return a.b->binary(Op::xor_, a, b); }
V operator<<(V a, int count) { return a.b->binary(Op::shl, a, number(a, count)); }
V lshr(V a, int count) { return a.b->binary(Op::lshr, a, number(a, count)); }
V ashr(V a, int count) { return a.b->binary(Op::ashr, a, number(a, count)); }
V min(V a, V b) { return arith(a, b, Op::smin, Op::fmin); }
V max(V a, V b) { return arith(a, b, Op::smax, Op::fmax); }
V operator<(V a, V b) { return a.b->compare(Pred::lt, a, b); }
V operator<=(V a, V b) { return a.b->compare(Pred::le, a, b); }
V operator>(V a, V b) { return a.b->compare(Pred::gt, a, b); }
V operator>=(V a, V b) { return a.b->compare(Pred::ge, a, b); }
V operator==(V a, V b) { return a.b->compare(Pred::eq, a, b); }
V operator+(V a, int64_t v) { return v == 0 ? a : a + (a.type.scalar == Scalar::ptr ? a.b->i64(v) : number(a, v)); }
V operator-(V a, int64_t v) { return v == 0 ? a : a - number(a, v); }
V operator*(V a, int64_t v) { return v == 1 ? a : a * number(a, v); }

}  // namespace headrace::loop
