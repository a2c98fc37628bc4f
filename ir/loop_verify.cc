#include <set>
#include <unordered_map>

#include "headrace/counted.h"
#include "ir/loop.h"

namespace headrace::loop {
namespace {

using PlaceOf = std::unordered_map<const Inst*, std::string>;

// Gives the ops of a block, in the order of the text, the places from `next` on.
void assign_places(const Block& block, const Places& places, size_t& next, PlaceOf& place_of) {
  for (const Inst& i : block.insts) {
    if (next < places.size()) place_of[&i] = places[next++];
    for (const Block& nested : i.blocks) assign_places(nested, places, next, place_of);
  }
}

int bits(Type t) { return scalar_bytes(t.scalar) * 8 * t.lanes; }

class Verifier {
 public:
  Verifier(const Module& m, const std::vector<Extern>& externs, const PlaceOf& place_of, Status& status)
      : m_(m), externs_(externs), place_of_(place_of), status_(status) {}

  void function(const Function& f) {
    f_ = &f;
    scope_.assign(f.types.size(), false);
    for (ValueId p : f.params) define(p);
    for (ValueId p : f.params) {
      if (p < f.types.size() && f.types[p].lanes != 1) fail("parameters are scalars");
    }
    block(f.body, nullptr);
  }

 private:
  void fail(const std::string& message) { status_.add("ir.verify", "@" + f_->name, message); }
  void fail(const Inst& i, const std::string& message) {
    const auto place = place_of_.find(&i);
    const std::string where = place == place_of_.end() ? "" : place->second + ": ";
    status_.add("ir.verify", where + "@" + f_->name, std::string(op_name(i.op)) + ": " + message);
  }
  Type type(ValueId id) const { return id < f_->types.size() ? f_->types[id] : Type{}; }
  Type in(const Inst& i, size_t k) const { return type(i.operands[k]); }
  Type out(const Inst& i) const { return type(i.results[0]); }

  void define(ValueId id) {
    if (id >= scope_.size()) return fail("a value has no type");
    if (scope_[id]) return fail("a value is defined twice");
    scope_[id] = true;
    defined_.push_back(id);
  }

  bool operands_ok(const Inst& i) {
    for (ValueId o : i.operands) {
      if (o >= scope_.size() || !scope_[o]) {
        fail(i, "uses a value that is not defined here");
        return false;
      }
    }
    return true;
  }

  // `yields`: the types the block must yield at its end; null where it must not yield.
  void block(const Block& b, const std::vector<Type>* yields) {
    const size_t mark = defined_.size();
    bool yielded = false;
    for (size_t k = 0; k < b.insts.size(); ++k) {
      const Inst& i = b.insts[k];
      if (!operands_ok(i)) continue;
      if (i.op == Op::yield) {
        yielded = true;
        if (!yields || k + 1 != b.insts.size()) {
          fail(i, "only ends a block that has results");
        } else if (i.operands.size() != yields->size()) {
          fail(i, "must have " + counted(yields->size(), "value"));
        } else {
          for (size_t v = 0; v < yields->size(); ++v) {
            if (!(in(i, v) == (*yields)[v])) fail(i, "value " + std::to_string(v) + " must be " + type_text((*yields)[v]));
          }
        }
        continue;
      }
      inst(i);
    }
    if (yields && !yields->empty() && !yielded) fail("a block with results must end in yield");
    while (defined_.size() > mark) {
      scope_[defined_.back()] = false;
      defined_.pop_back();
    }
  }

  void inst(const Inst& i) {
    if (op_form(i.op) == Form::control) return control(i);
    static constexpr int kOperands[] = {0, 1, 2, 3, 2, 1, 2, 1, -1, -1, -1, -1, -1};
    const int expected = i.op == Op::dot2 || i.op == Op::pack_sat ? 2 : kOperands[int(op_form(i.op))];
    if (expected >= 0 && int(i.operands.size()) != expected) {
      fail(i, "takes " + std::to_string(expected) + (expected == 1 ? " operand, has " : " operands, has ") + std::to_string(i.operands.size()));
    } else if (const std::string problem = types(i); !problem.empty()) {
      fail(i, problem);
    }
    for (ValueId r : i.results) define(r);
  }

  std::string binary(const Inst& i) const {
    const Type a = in(i, 0), b = in(i, 1);
    if (i.op == Op::ptradd) return a == kPtr && b == kI64 && out(i) == kPtr ? "" : "takes ptr and i64";
    if (!(a == b) || !(out(i) == a)) return "operands must have one type, are " + type_text(a) + " and " + type_text(b);
    const bool real = i.op >= Op::fadd && i.op <= Op::fmax;
    if (real != is_float(a.scalar) || (!real && !is_int(a.scalar))) return "does not take " + type_text(a);
    const bool bitwise = i.op == Op::and_ || i.op == Op::or_ || i.op == Op::xor_;
    if (a.scalar == Scalar::i1 && !bitwise) return "does not take " + type_text(a);
    if (i.op == Op::mulhrs && a.scalar != Scalar::i16) return "takes i16";
    if ((i.op == Op::udiv || i.op == Op::urem) && a.lanes != 1) return "takes scalars";
    if (real && a.scalar == Scalar::f16) return "f16 is a storage type";
    return "";
  }

  std::string conversion(const Inst& i) const {
    const Type a = in(i, 0), r = out(i);
    const std::string pair = "cannot turn " + type_text(a) + " into " + type_text(r);
    const bool same = a.lanes == r.lanes;
    const int from = scalar_bytes(a.scalar), to = scalar_bytes(r.scalar);
    bool ok = false;
    switch (i.op) {
      case Op::trunc: ok = same && is_int(a.scalar) && is_int(r.scalar) && (to < from || r.scalar == Scalar::i1) && a.scalar != Scalar::i1; break;
      case Op::zext:
      case Op::sext: ok = same && is_int(a.scalar) && is_int(r.scalar) && (to > from || (a.scalar == Scalar::i1 && r.scalar != Scalar::i1)); break;
      case Op::sitofp:
      case Op::uitofp: ok = same && is_int(a.scalar) && (a.scalar != Scalar::i1 || i.op == Op::uitofp) && (r.scalar == Scalar::f32 || r.scalar == Scalar::f64); break;
      case Op::fptosi: ok = same && (a.scalar == Scalar::f32 || a.scalar == Scalar::f64) && (r.scalar == Scalar::i32 || r.scalar == Scalar::i64); break;
      case Op::fpext: ok = same && is_float(a.scalar) && is_float(r.scalar) && to == 2 * from; break;
      case Op::fptrunc: ok = same && is_float(a.scalar) && is_float(r.scalar) && from == 2 * to; break;
      case Op::bf16round: ok = same && a.scalar == Scalar::f32 && r.scalar == Scalar::i16; break;
      case Op::bitcast: ok = a.scalar != Scalar::ptr && r.scalar != Scalar::ptr && a.scalar != Scalar::i1 && r.scalar != Scalar::i1 && bits(a) == bits(r); break;
      case Op::address: ok = a == kPtr && r == kI64; break;
      case Op::splat: ok = a.lanes == 1 && r.lanes > 1 && a.scalar == r.scalar && a.scalar != Scalar::ptr; break;
      case Op::dot2: ok = a == in(i, 1) && a.scalar == Scalar::i16 && a.lanes % 2 == 0 && r == vec(Scalar::i32, a.lanes / 2); break;
      case Op::pack_sat: ok = a == in(i, 1) && a.scalar == Scalar::i32 && a.lanes % 4 == 0 && r == vec(Scalar::i16, a.lanes * 2); break;
      case Op::reduce_smax: ok = a.lanes > 1 && is_int(a.scalar) && a.scalar != Scalar::i1 && r == vec(a.scalar, 1); break;
      default: break;
    }
    return ok ? "" : pair;
  }

  std::string types(const Inst& i) const {
    switch (op_form(i.op)) {
      case Form::constant: {
        const Type r = out(i);
        if (r.scalar == Scalar::ptr || r.scalar == Scalar::f16) return "no constants of " + type_text(r);
        if (i.op == Op::sequence && (i.ints.size() != r.lanes || !is_int(r.scalar))) return "needs one integer per lane";
        return "";
      }
      case Form::unary: return is_float(in(i, 0).scalar) && in(i, 0).scalar != Scalar::f16 && out(i) == in(i, 0) ? "" : "takes f32 or f64";
      case Form::binary: return binary(i);
      case Form::ternary: {
        if (i.op == Op::fma) {
          const Type a = in(i, 0);
          return a == in(i, 1) && a == in(i, 2) && out(i) == a && is_float(a.scalar) && a.scalar != Scalar::f16 ? "" : "takes three f32 or f64 values of one type";
        }
        const Type c = in(i, 0), a = in(i, 1);
        return a == in(i, 2) && out(i) == a && c.scalar == Scalar::i1 && (c.lanes == 1 || c.lanes == a.lanes) ? "" : "takes i1 and two values of one type";
      }
      case Form::compare: {
        const Type a = in(i, 0);
        if (!(a == in(i, 1)) || a.scalar == Scalar::ptr || is_float(a.scalar) != (i.op == Op::fcmp)) return "takes two values of one type";
        if (a.scalar == Scalar::f16) return "f16 is a storage type";
        if (i.op == Op::fcmp && i.pred >= Pred::ult) return "floats have no unsigned order";
        if (a.scalar == Scalar::i1 && i.pred > Pred::ne) return "i1 has no order";
        return out(i) == vec(Scalar::i1, a.lanes) ? "" : "gives i1";
      }
      case Form::convert: return conversion(i);
      case Form::shuffle: {
        const Type a = in(i, 0);
        if (!(a == in(i, 1)) || a.scalar == Scalar::ptr || a.lanes == 1) return "takes two vectors of one type";
        for (int32_t m : i.ints) {
          if (m < 0 || m >= 2 * a.lanes) return "lane " + std::to_string(m) + " does not exist";
        }
        return out(i) == vec(a.scalar, int(i.ints.size())) ? "" : "wrong result type";
      }
      case Form::extract:
        if (in(i, 0).lanes == 1) return "takes a vector";
        return i.imm >= 0 && i.imm < in(i, 0).lanes ? "" : "lane does not exist";
      case Form::load: return addressed(i, 0) && out(i).scalar != Scalar::i1 ? "" : "takes ptr and optionally i64";
      case Form::expand: {
        const Type mask = in(i, 0);
        const bool fits = mask == vec(Scalar::i16, 1) || mask == kI32;
        return fits && addressed(i, 1) && out(i) == vec(Scalar::i16, bits(mask)) ? "" : "takes an i16 or i32 mask, ptr and optionally i64, and gives as many i16 lanes as the mask has bits";
      }
      case Form::store:
        if (i.op == Op::store_stream && in(i, 0).lanes == 1) return "takes a vector";
        return addressed(i, 1) && in(i, 0).scalar != Scalar::i1 ? "" : "takes a value, ptr and optionally i64";
      case Form::call: return callee(i);
      default: return "";
    }
  }

  bool addressed(const Inst& i, size_t first) const {
    const size_t n = i.operands.size();
    return (n == first + 1 || n == first + 2) && in(i, first) == kPtr && (n == first + 1 || in(i, first + 1) == kI64);
  }

  std::string callee(const Inst& i) const {
    if (const Function* f = m_.find(i.symbol)) {
      if (f >= f_) return "@" + i.symbol + " must be defined before its caller";
      if (f->params.size() != i.operands.size()) return "@" + i.symbol + " takes " + std::to_string(f->params.size()) + " arguments";
      for (size_t k = 0; k < i.operands.size(); ++k) {
        if (!(in(i, k) == f->types[f->params[k]])) return "argument " + std::to_string(k) + " of @" + i.symbol + " has the wrong type";
      }
      return "";
    }
    for (const Extern& e : externs_) {
      if (e.name != i.symbol) continue;
      if (size_t(e.args) != i.operands.size()) return "@" + i.symbol + " takes " + std::to_string(e.args) + " arguments";
      for (size_t k = 0; k < i.operands.size(); ++k) {
        if (!(in(i, k) == kPtr) && !(in(i, k) == kI64)) return "external functions take ptr and i64";
      }
      return "";
    }
    return "@" + i.symbol + " is not known";
  }

  void control(const Inst& i) {
    switch (i.op) {
      case Op::check:
        if (i.operands.size() != 1 || !(in(i, 0) == kI32)) fail(i, "takes an i32");
        return;
      case Op::for_: return for_loop(i);
      case Op::if_: {
        if (i.operands.size() != 1 || !(in(i, 0) == kI1)) return fail(i, "takes an i1");
        std::vector<Type> results;
        for (ValueId r : i.results) results.push_back(type(r));
        for (const Block& b : i.blocks) block(b, results.empty() ? nullptr : &results);
        for (ValueId r : i.results) define(r);
        return;
      }
      case Op::switch_: {
        if (i.operands.size() != 1 || (!(in(i, 0) == kI64) && !(in(i, 0) == kI32))) return fail(i, "takes an i32 or i64");
        if (std::set<int32_t>(i.ints.begin(), i.ints.end()).size() != i.ints.size()) fail(i, "a case is given twice");
        for (const Block& b : i.blocks) block(b, nullptr);
        return;
      }
      default: return;
    }
  }

  void for_loop(const Inst& i) {
    const size_t carried = i.operands.size() < 3 ? 0 : i.operands.size() - 3;
    if (i.operands.size() < 3 || i.results.size() != 2 * carried + 1) return fail(i, "malformed");
    const Type t = in(i, 0);
    if (!(t == kI64 || t == kI32) || !(in(i, 1) == t) || !(in(i, 2) == t)) return fail(i, "bounds and step must be i64 or i32");
    const size_t mark = defined_.size();
    std::vector<Type> types;
    for (size_t k = 0; k < carried; ++k) {
      types.push_back(in(i, 3 + k));
      if (!(type(i.results[k]) == types[k]) || !(type(i.results[carried + 1 + k]) == types[k])) fail(i, "a carried value changes type");
    }
    for (size_t k = carried; k < i.results.size(); ++k) define(i.results[k]);
    block(i.blocks[0], types.empty() ? nullptr : &types);
    while (defined_.size() > mark) {
      scope_[defined_.back()] = false;
      defined_.pop_back();
    }
    for (size_t k = 0; k < carried; ++k) define(i.results[k]);
  }

  const Module& m_;
  const std::vector<Extern>& externs_;
  const PlaceOf& place_of_;
  Status& status_;
  const Function* f_ = nullptr;
  std::vector<bool> scope_;
  std::vector<ValueId> defined_;
};

}  // namespace

Status verify(const Module& m, const std::vector<Extern>& externs, const Places* places) {
  Status status;
  std::set<std::string> names;
  PlaceOf place_of;
  size_t next = 0;
  for (const Function& f : m.functions) {
    if (places) assign_places(f.body, *places, next, place_of);
  }
  for (const Function& f : m.functions) {
    if (!names.insert(f.name).second) status.add("ir.verify", "@" + f.name, "is defined twice");
    Verifier(m, externs, place_of, status).function(f);
  }
  return status;
}

}  // namespace headrace::loop
