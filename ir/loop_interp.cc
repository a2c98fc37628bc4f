#include "ir/loop_interp.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "headrace/counted.h"
#include "ir/loop_interp_ops.h"

namespace headrace::loop {

// Where each value of a function lives in its register file.
struct Interpreter::Plan {
  const Function* function = nullptr;
  std::vector<size_t> offset;
  size_t bytes = 0;
};

namespace {

using Words = std::span<const uint64_t>;

constexpr size_t kMaxExternArgs = 16;

template <size_t... I>
int32_t call_with(void* function, const uint64_t* a, std::index_sequence<I...>) {
  return reinterpret_cast<int32_t (*)(decltype(a[I] + 0)...)>(function)(a[I]...);
}


template <size_t N = 0>
int32_t call_extern(const ExternFn& e, const uint64_t* a) {
  if constexpr (N > kMaxExternArgs) {
    return HR_E_INTERNAL;
  } else {
    return size_t(e.args) == N ? call_with(e.function, a, std::make_index_sequence<N>()) : call_extern<N + 1>(e, a);
  }
}

}  // namespace

Interpreter::Interpreter(Module module, std::vector<ExternFn> externs)
    : module_(std::move(module)), externs_(std::move(externs)) {
  for (const Function& f : module_.functions) {
    auto plan = std::make_unique<Plan>();
    plan->function = &f;
    for (const Type& t : f.types) {
      plan->offset.push_back(plan->bytes);
      plan->bytes += (size_t(scalar_bytes(t.scalar)) * t.lanes + 7) / 8 * 8;
    }
    plans_.push_back(std::move(plan));
  }
}

Interpreter::~Interpreter() = default;

namespace {

// One activation of a function.
template <class Plan>
class Machine {
 public:

  Machine(const std::vector<std::unique_ptr<Plan>>& plans, const std::vector<ExternFn>& externs,
          std::span<const Region> regions, std::string& problem, uint64_t max_steps)
      : plans_(plans), externs_(externs), regions_(regions), problem_(problem), steps_left_(max_steps) {}

  hr_result run(const Plan& plan, Words args) {
    std::vector<uint64_t> storage(plan.bytes / 8 + 1);
    uint8_t* regs = reinterpret_cast<uint8_t*>(storage.data());
    for (size_t i = 0; i < args.size(); ++i) std::memcpy(regs + plan.offset[plan.function->params[i]], &args[i], 8);
    const Inst* end = nullptr;
    return block(plan, regs, plan.function->body, end);
  }

 private:
  hr_result fail(const Plan& plan, const std::string& message) {
    problem_ = "@" + plan.function->name + ": " + message;
    return HR_E_INTERNAL;
  }

  // Runs a block; `yield` is set to its final yield, if it has one.
  hr_result block(const Plan& plan, uint8_t* regs, const Block& b, const Inst*& yield) {
    for (const Inst& i : b.insts) {
      if (i.op == Op::yield) {
        yield = &i;
        return HR_OK;
      }
      if (steps_left_-- == 0) return fail(plan, "takes too many steps");
      if (const hr_result r = inst(plan, regs, i)) return r;
    }
    return HR_OK;
  }

  uint8_t* reg(const Plan& plan, uint8_t* regs, ValueId id) const { return regs + plan.offset[id]; }
  template <class T>
  T read(const Plan& plan, const uint8_t* regs, ValueId id) const {
    T v;
    std::memcpy(&v, regs + plan.offset[id], sizeof v);
    return v;
  }
  int64_t read_int(const Plan& plan, const uint8_t* regs, ValueId id) const {
    return plan.function->types[id] == kI32 ? read<int32_t>(plan, regs, id) : read<int64_t>(plan, regs, id);
  }
  size_t bytes_of(Type t) const { return size_t(scalar_bytes(t.scalar)) * t.lanes; }

  void copy(const Plan& plan, uint8_t* regs, ValueId to, ValueId from) {
    std::memmove(reg(plan, regs, to), reg(plan, regs, from), bytes_of(plan.function->types[to]));
  }
  // Parallel assignment: yields may permute the carried values.
  void assign(const Plan& plan, uint8_t* regs, const ValueId* to, const std::vector<ValueId>& from, size_t first) {
    std::vector<uint8_t> held;
    for (size_t k = first; k < from.size(); ++k) {
      const uint8_t* p = reg(plan, regs, from[k]);
      held.insert(held.end(), p, p + bytes_of(plan.function->types[from[k]]));
    }
    size_t at = 0;
    for (size_t k = first; k < from.size(); ++k) {
      const size_t n = bytes_of(plan.function->types[from[k]]);
      std::memcpy(reg(plan, regs, to[k - first]), &held[at], n);
      at += n;
    }
  }

  uint8_t* address(const Plan& plan, uint8_t* regs, const Inst& i, size_t first, size_t bytes) const {
    uint64_t p = read<uint64_t>(plan, regs, i.operands[first]) + uint64_t(i.imm);
    if (i.operands.size() > first + 1) p += read<uint64_t>(plan, regs, i.operands[first + 1]);
    for (size_t k = 0; k < regions_.size() + callee_regions_.size(); ++k) {
      const Region& r = k < regions_.size() ? regions_[k] : callee_regions_[k - regions_.size()];
      const uint64_t begin = reinterpret_cast<uint64_t>(r.begin);
      if (p >= begin && p - begin <= r.bytes && bytes <= r.bytes - (p - begin)) return reinterpret_cast<uint8_t*>(p);
    }
    return nullptr;
  }

  hr_result inst(const Plan& plan, uint8_t* regs, const Inst& i) {
    const auto& types = plan.function->types;
    switch (op_form(i.op)) {
      case Form::load: {
        const size_t n = bytes_of(types[i.results[0]]);
        const uint8_t* p = address(plan, regs, i, 0, n);
        if (!p) return fail(plan, "load of " + counted(n, "byte") + " outside every buffer");
        std::memcpy(reg(plan, regs, i.results[0]), p, n);
        return HR_OK;
      }
      case Form::expand: {
        // Code may read as many elements as there are lanes, whatever the mask.
        const Type t = types[i.results[0]];
        const uint8_t* p = address(plan, regs, i, 1, bytes_of(t));
        if (!p) return fail(plan, "load of " + counted(bytes_of(t), "byte") + " outside every buffer");
        const uint8_t *mask = reg(plan, regs, i.operands[0]), width = uint8_t(scalar_bytes(t.scalar));
        uint8_t* out = reg(plan, regs, i.results[0]);
        for (int k = 0; k < t.lanes; ++k, out += width) {
          std::memset(out, 0, width);
          if ((mask[k / 8] >> (k % 8) & 1) == 0) continue;
          std::memcpy(out, p, width);
          p += width;
        }
        return HR_OK;
      }
      case Form::store: {
        const size_t n = bytes_of(types[i.operands[0]]);
        uint8_t* p = address(plan, regs, i, 1, n);
        if (!p) return fail(plan, "store of " + counted(n, "byte") + " outside every buffer");
        if (i.op == Op::store_stream && reinterpret_cast<uint64_t>(p) % std::min<size_t>(n, kStreamAlignment) != 0) {
          return fail(plan, "streamed store to an unaligned address");
        }
        std::memcpy(p, reg(plan, regs, i.operands[0]), n);
        return HR_OK;
      }
      case Form::call: return call(plan, regs, i);
      case Form::control: return control(plan, regs, i);
      default: {
        Type operand_types[3];
        const uint8_t* operands[3] = {};
        for (size_t k = 0; k < i.operands.size() && k < 3; ++k) {
          operand_types[k] = types[i.operands[k]];
          operands[k] = reg(plan, regs, i.operands[k]);
        }
        const char* broken = apply(i, operand_types, types[i.results[0]], operands, reg(plan, regs, i.results[0]));
        return broken ? fail(plan, broken) : HR_OK;
      }
    }
  }

  hr_result call(const Plan& plan, uint8_t* regs, const Inst& i) {
    std::vector<uint64_t> args;
    for (ValueId o : i.operands) {
      uint64_t word = 0;
      std::memcpy(&word, reg(plan, regs, o), bytes_of(plan.function->types[o]));
      args.push_back(word);
    }
    int32_t result = HR_E_INTERNAL;
    bool found = false;
    for (const auto& p : plans_) {
      if (p->function->name == i.symbol) {
        found = true;
        result = run(*p, args);
        if (!problem_.empty()) return HR_E_INTERNAL;
      }
    }
    for (const ExternFn& e : externs_) {
      if (!found && e.name == i.symbol) {
        found = true;
        result = call_extern(e, args.data());
        if (e.regions && result == HR_OK) e.regions(args, memory_, callee_regions_);
      }
    }
    if (!found) return fail(plan, "@" + i.symbol + " is not known");
    std::memcpy(reg(plan, regs, i.results[0]), &result, sizeof result);
    return HR_OK;
  }

  hr_result control(const Plan& plan, uint8_t* regs, const Inst& i) {
    const Inst* yield = nullptr;
    switch (i.op) {
      case Op::fence: return HR_OK;
      case Op::check: return read<int32_t>(plan, regs, i.operands[0]);
      case Op::if_: {
        const Block& b = i.blocks[read<uint8_t>(plan, regs, i.operands[0]) ? 0 : 1];
        if (const hr_result r = block(plan, regs, b, yield)) return r;
        if (yield) assign(plan, regs, i.results.data(), yield->operands, 0);
        return HR_OK;
      }
      case Op::switch_: {
        const int64_t v = read_int(plan, regs, i.operands[0]);
        size_t k = 0;
        while (k < i.ints.size() && i.ints[k] != v) ++k;
        return block(plan, regs, i.blocks[k], yield);
      }
      case Op::for_: return for_loop(plan, regs, i);
      default: return fail(plan, "yield outside a block with results");
    }
  }

  hr_result for_loop(const Plan& plan, uint8_t* regs, const Inst& i) {
    const size_t carried = i.operands.size() - 3;
    const Type t = plan.function->types[i.operands[0]];
    const int64_t hi = read_int(plan, regs, i.operands[1]);
    const int64_t step = read_int(plan, regs, i.operands[2]);
    if (step <= 0) return fail(plan, "a loop's step is not positive");
    const ValueId* inner = i.results.data() + carried + 1;
    assign(plan, regs, inner, i.operands, 3);
    const int64_t largest = t == kI32 ? INT32_MAX : INT64_MAX;
    for (int64_t k = read_int(plan, regs, i.operands[0]); k < hi;) {
      std::memcpy(reg(plan, regs, i.results[carried]), &k, bytes_of(t));
      if (steps_left_-- == 0) return fail(plan, "takes too many steps");
      const Inst* yield = nullptr;
      if (const hr_result r = block(plan, regs, i.blocks[0], yield)) return r;
      if (yield) assign(plan, regs, inner, yield->operands, 0);
      if (k > largest - step) return fail(plan, "a loop's counter overflows");
      k += step;
    }
    for (size_t k = 0; k < carried; ++k) copy(plan, regs, i.results[k], inner[k]);
    return HR_OK;
  }

  const std::vector<std::unique_ptr<Plan>>& plans_;
  const std::vector<ExternFn>& externs_;
  std::span<const Region> regions_;
  std::vector<uint64_t> memory_;
  std::vector<Region> callee_regions_;
  std::string& problem_;
  uint64_t steps_left_;
};

}  // namespace

hr_result Interpreter::run(std::string_view function, std::span<const uint64_t> args, std::span<const Region> regions,
                           std::string& problem, uint64_t max_steps) const {
  problem.clear();
  for (const auto& p : plans_) {
    if (p->function->name != function) continue;
    if (p->function->params.size() != args.size()) break;
    return Machine<Plan>(plans_, externs_, regions, problem, max_steps).run(*p, args);
  }
  problem = "no function @" + std::string(function) + " with " + std::to_string(args.size()) + " parameters";
  return HR_E_INTERNAL;
}

}  // namespace headrace::loop
