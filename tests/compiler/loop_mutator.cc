#include "tests/compiler/loop_mutator.h"

#include <gtest/gtest.h>

#include <functional>

namespace headrace::testing {
namespace {

using loop::Block;
using loop::Inst;
using loop::Op;
using loop::Type;
using loop::ValueId;

// Visits every instruction in the order of the text until `visit` returns true.
bool walk(Block& block, const std::function<bool(Block&, size_t)>& visit) {
  for (size_t i = 0; i < block.insts.size(); ++i) {
    if (visit(block, i)) return true;
    for (Block& inner : block.insts[i].blocks) {
      if (walk(inner, visit)) return true;
    }
  }
  return false;
}

bool matches(const Inst& inst, const InstPlace& place) {
  return inst.op == place.op && (place.op != Op::call || inst.symbol == place.callee) &&
         (!place.pred || inst.pred == *place.pred);
}

}  // namespace

LoopMutator::LoopMutator(loop::Module& module, std::string_view function) {
  for (loop::Function& f : module.functions) {
    if (f.name == function) f_ = &f;
  }
  if (!f_) fail("no function @" + std::string(function));
}

void LoopMutator::fail(const std::string& message) {
  ok_ = false;
  ADD_FAILURE() << message;
}

Inst* LoopMutator::find(const InstPlace& place) {
  Inst* found = nullptr;
  size_t n = 0;
  if (f_) {
    walk(f_->body, [&](Block& b, size_t i) {
      if (!matches(b.insts[i], place) || n++ != place.n) return false;
      found = &b.insts[i];
      return true;
    });
  }
  if (!found)
    fail("no " + std::string(loop::op_name(place.op)) + " number " + std::to_string(place.n) +
         (f_ ? " in @" + f_->name : ""));
  return found;
}

size_t LoopMutator::count(Op op) const {
  size_t n = 0;
  if (f_) {
    walk(f_->body, [&](Block& b, size_t i) {
      n += b.insts[i].op == op;
      return false;
    });
  }
  return n;
}

ValueId LoopMutator::new_value(Type type) {
  f_->types.push_back(type);
  return ValueId(f_->types.size() - 1);
}

ValueId LoopMutator::new_constant(Type type, int64_t value) {
  Inst c{Op::constant, {}, {new_value(type)}, value, 0, loop::Pred::eq, {}, {}, {}};
  const ValueId id = c.results[0];
  f_->body.insts.insert(f_->body.insts.begin(), std::move(c));
  return id;
}

void LoopMutator::insert_before(const InstPlace& place, Inst inst) {
  size_t n = 0;
  walk(f_->body, [&](Block& b, size_t i) {
    if (!matches(b.insts[i], place) || n++ != place.n) return false;
    b.insts.insert(b.insts.begin() + ptrdiff_t(i), std::move(inst));
    return true;
  });
}

void LoopMutator::replace_uses(ValueId from, ValueId to) {
  walk(f_->body, [&](Block& b, size_t i) {
    for (ValueId& o : b.insts[i].operands) {
      if (o == from) o = to;
    }
    return false;
  });
}

void LoopMutator::set_operand(const InstPlace& place, size_t k, int64_t value) {
  if (!find(place)) return;
  const ValueId c = new_constant(f_->types[find(place)->operands[k]], value);
  find(place)->operands[k] = c;
}

void LoopMutator::add_to_operand(const InstPlace& place, size_t k, int64_t value) {
  const Inst* inst = find(place);
  if (!inst) return;
  const ValueId old = inst->operands[k];
  const Type type = f_->types[old];
  const ValueId c = new_constant(type, value), sum = new_value(type);
  insert_before(place, {Op::add, {old, c}, {sum}, 0, 0, loop::Pred::eq, {}, {}, {}});
  find({place.op, place.n + (place.op == Op::add), place.callee, place.pred})->operands[k] = sum;
}

void LoopMutator::swap_operands(const InstPlace& place, size_t a, size_t b) {
  if (Inst* inst = find(place)) std::swap(inst->operands[a], inst->operands[b]);
}

void LoopMutator::change_constant(Type type, int64_t from, int64_t to) {
  const bool found =
      f_ && walk(f_->body, [&](Block& b, size_t i) {
        Inst& inst = b.insts[i];
        if (inst.op != Op::constant || inst.imm != from || !(f_->types[inst.results[0]] == type))
          return false;
        inst.imm = to;
        return true;
      });
  if (!found) fail("no constant " + std::to_string(from) + " : " + loop::type_text(type));
}

void LoopMutator::set_op(const InstPlace& place, Op op) {
  if (Inst* inst = find(place)) inst->op = op;
}
void LoopMutator::set_imm(const InstPlace& place, int64_t imm) {
  if (Inst* inst = find(place)) inst->imm = imm;
}

void LoopMutator::swap_masks(const InstPlace& a, const InstPlace& b) {
  Inst *first = find(a), *second = find(b);
  if (first && second) std::swap(first->ints, second->ints);
}

void LoopMutator::swap_stored(const InstPlace& a, const InstPlace& b) {
  Inst *first = find(a), *second = find(b);
  if (first && second) std::swap(first->operands[0], second->operands[0]);
}

void LoopMutator::erase(const InstPlace& place) {
  if (!find(place)) return;
  size_t n = 0;
  walk(f_->body, [&](Block& b, size_t i) {
    if (!matches(b.insts[i], place) || n++ != place.n) return false;
    b.insts.erase(b.insts.begin() + ptrdiff_t(i));
    return true;
  });
}

void LoopMutator::bypass(const InstPlace& place, size_t k) {
  if (const Inst* inst = find(place)) replace_uses(inst->results[0], inst->operands[k]);
}

void LoopMutator::use_instead(const InstPlace& place, const InstPlace& replacement) {
  const Inst *from = find(place), *to = find(replacement);
  if (from && to) replace_uses(from->results[0], to->results[0]);
}

void LoopMutator::freeze_operand(const InstPlace& place, size_t k, int64_t value) {
  const Inst* inst = find(place);
  if (!inst) return;
  const ValueId old = inst->operands[k];
  replace_uses(old, new_constant(f_->types[old], value));
}

void LoopMutator::truncate_bf16(const InstPlace& place) {
  const Inst* inst = find(place);
  if (!inst) return;
  const ValueId real = inst->operands[0], result = inst->results[0];
  const Type bits_type = loop::vec(loop::Scalar::i32, f_->types[real].lanes);
  const ValueId sixteen = new_constant(bits_type, 16), bits = new_value(bits_type),
                upper = new_value(bits_type);
  insert_before(place, {Op::bitcast, {real}, {bits}, 0, 0, loop::Pred::eq, {}, {}, {}});
  insert_before(place, {Op::lshr, {bits, sixteen}, {upper}, 0, 0, loop::Pred::eq, {}, {}, {}});
  Inst* changed = find(place);
  *changed = {Op::trunc, {upper}, {result}, 0, 0, loop::Pred::eq, {}, {}, {}};
}

}  // namespace headrace::testing
