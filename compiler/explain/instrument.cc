#include "compiler/explain/instrument.h"

#include <algorithm>
#include <set>

namespace headrace::explaining {
namespace {

using loop::Block;
using loop::Form;
using loop::Inst;
using loop::Op;
using loop::Type;
using loop::ValueId;

// Appends instructions to a block, with values of their own.
class Writer {
 public:
  Writer(loop::Function& f, std::vector<Inst>& out) : f_(f), out_(out) {}

  ValueId i64(int64_t v) {
    Inst& i = add(Op::constant, loop::kI64);
    i.imm = v;
    return i.results[0];
  }
  ValueId binary(Op op, ValueId a, ValueId b) {
    Inst& i = add(op, f_.types[a]);
    i.operands = {a, b};
    return i.results[0];
  }
  ValueId address_of(ValueId pointer) {
    Inst& i = add(Op::address, loop::kI64);
    i.operands = {pointer};
    return i.results[0];
  }
  void call(const char* symbol, std::vector<ValueId> args) {
    Inst& i = add(Op::call, loop::kI32);
    i.symbol = symbol;
    i.operands = std::move(args);
  }

 private:
  Inst& add(Op op, Type t) {
    f_.types.push_back(t);
    return out_.emplace_back(Inst{op, {}, {ValueId(f_.types.size() - 1)}, 0, 0, loop::Pred::eq, {}, {}, {}});
  }

  loop::Function& f_;
  std::vector<Inst>& out_;
};

template <class Recorder>
int64_t address(Recorder& recorder) {
  return int64_t(reinterpret_cast<uintptr_t>(&recorder));
}

class Timers {
 public:
  Timers(const FunctionTable& table, StageClock& clock) : table_(table), clock_(address(clock)) {}

  void before(Writer& w, const loop::Function&, const Inst& i) const {
    if (i.op == Op::call)
      w.call("hr_explain_enter", {w.i64(clock_), w.i64(int64_t(table_.number(i.symbol)))});
  }
  void after(Writer& w, const Inst& i) const {
    if (i.op == Op::call) w.call("hr_explain_leave", {w.i64(clock_)});
  }
  void begin(Writer&, const loop::Function&, const Block&) const {}

 private:
  const FunctionTable& table_;
  int64_t clock_;
};

class Counters {
 public:
  Counters(const FunctionTable& table, WorkCounter& counter, int vector_bits)
      : table_(table), counter_(address(counter)), vector_bits_(uint64_t(vector_bits)) {}

  void begin(Writer& w, const loop::Function& f, const Block& b) const {
    uint64_t ops = 0;
    for (const Inst& i : b.insts) ops += registers(f, i);
    if (ops > 0) w.call("hr_explain_block", {w.i64(counter_), w.i64(int64_t(ops))});
  }

  void before(Writer& w, const loop::Function& f, const Inst& i) const {
    switch (op_form(i.op)) {
      case Form::load:
        return access(w, i, 0, bytes(f.types[i.results[0]]), WorkCounter::kRead);
      // As many elements as the mask says; all of them is what may be read.
      case Form::expand:
        return access(w, i, 1, bytes(f.types[i.results[0]]), WorkCounter::kRead);
      case Form::store:
        return access(w, i, 1, bytes(f.types[i.operands[0]]),
                      i.op == Op::store_stream ? WorkCounter::kStream : WorkCounter::kWrite);
      case Form::call:
        if (table_.number(i.symbol) < table_.in_module)
          w.call("hr_explain_call", {w.i64(counter_), w.i64(int64_t(table_.number(i.symbol)))});
        return;
      default:
        return;
    }
  }
  void after(Writer& w, const Inst& i) const {
    if (i.op != Op::call) return;
    const size_t callee = table_.number(i.symbol);
    if (callee < table_.in_module) return w.call("hr_explain_return", {w.i64(counter_)});
    if (i.symbol == "hr_image_rows") {  // decoder, dst, stride, rows, error
      w.call("hr_explain_rows",
             {w.i64(counter_), w.i64(int64_t(callee)), i.operands[1], i.operands[2], i.operands[3]});
    }
  }

 private:
  static uint64_t bytes(Type t) { return uint64_t(loop::scalar_bytes(t.scalar)) * t.lanes; }

  // How many vector registers an op fills; 0 for scalars, memory and constants.
  uint64_t registers(const loop::Function& f, const Inst& i) const {
    switch (op_form(i.op)) {
      case Form::unary:
      case Form::binary:
      case Form::ternary:
      case Form::compare:
      case Form::convert:
      case Form::shuffle:
        break;
      default:
        return 0;
    }
    if (i.op == Op::bitcast) return 0;
    uint64_t widest = 0;
    const auto consider = [&](ValueId v) {
      const Type t = f.types[v];
      if (t.lanes > 1 && t.scalar != loop::Scalar::i1) widest = std::max(widest, bytes(t));
    };
    consider(i.results[0]);
    for (const ValueId o : i.operands) consider(o);
    return (widest * 8 + vector_bits_ - 1) / vector_bits_;
  }

  void access(Writer& w, const Inst& i, size_t first, uint64_t size, int64_t how) const {
    ValueId at = w.address_of(i.operands[first]);
    if (i.operands.size() > first + 1) at = w.binary(Op::add, at, i.operands[first + 1]);
    if (i.imm != 0) at = w.binary(Op::add, at, w.i64(i.imm));
    w.call("hr_explain_access", {w.i64(counter_), at, w.i64(int64_t(size)), w.i64(how)});
  }

  const FunctionTable& table_;
  int64_t counter_;
  uint64_t vector_bits_;
};

template <class Probe>
void rewrite(loop::Function& f, Block& b, const Probe& probe) {
  std::vector<Inst> out;
  Writer w(f, out);
  probe.begin(w, f, b);
  for (Inst& i : b.insts) {
    for (Block& nested : i.blocks) rewrite(f, nested, probe);
    probe.before(w, f, i);
    const size_t at = out.size();
    out.push_back(std::move(i));
    const Inst original =
        out[at].op == Op::call ? out[at] : Inst{out[at].op, {}, {}, 0, 0, loop::Pred::eq, {}, {}, {}};
    probe.after(w, original);
  }
  b.insts = std::move(out);
}

template <class Probe>
loop::Module rewritten(const loop::Module& module, const Probe& probe) {
  loop::Module made = module;
  for (loop::Function& f : made.functions) rewrite(f, f.body, probe);
  return made;
}

void collect_calls(const Block& b, std::vector<std::string>& symbols) {
  for (const Inst& i : b.insts) {
    if (i.op == Op::call) symbols.push_back(i.symbol);
    for (const Block& nested : i.blocks) collect_calls(nested, symbols);
  }
}

}  // namespace

FunctionTable::FunctionTable(const loop::Module& module) : in_module(module.functions.size()) {
  for (const loop::Function& f : module.functions) {
    numbers_[f.name] = names.size();
    names.push_back(f.name);
  }
  for (const loop::Function& f : module.functions) {
    std::vector<std::string> symbols;
    collect_calls(f.body, symbols);
    std::set<size_t> seen;
    std::vector<size_t>& called = callees.emplace_back();
    for (const std::string& symbol : symbols) {
      const auto [it, added] = numbers_.emplace(symbol, names.size());
      if (added) names.push_back(symbol);
      if (seen.insert(it->second).second) called.push_back(it->second);
    }
  }
}

loop::Module with_timers(const loop::Module& module, const FunctionTable& table, StageClock& clock) {
  return rewritten(module, Timers(table, clock));
}

loop::Module with_counters(const loop::Module& module, const FunctionTable& table, WorkCounter& counter,
                           int vector_bits) {
  return rewritten(module, Counters(table, counter, vector_bits));
}

const std::vector<RecorderSymbol>& recorder_symbols() {
  static const std::vector<RecorderSymbol> symbols = {
      {"hr_explain_enter", 2, reinterpret_cast<void*>(hr_explain_enter)},
      {"hr_explain_leave", 1, reinterpret_cast<void*>(hr_explain_leave)},
      {"hr_explain_call", 2, reinterpret_cast<void*>(hr_explain_call)},
      {"hr_explain_return", 1, reinterpret_cast<void*>(hr_explain_return)},
      {"hr_explain_block", 2, reinterpret_cast<void*>(hr_explain_block)},
      {"hr_explain_access", 4, reinterpret_cast<void*>(hr_explain_access)},
      {"hr_explain_rows", 5, reinterpret_cast<void*>(hr_explain_rows)},
  };
  return symbols;
}

}  // namespace headrace::explaining
