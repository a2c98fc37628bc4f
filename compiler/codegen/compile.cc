#include "compiler/codegen/compile.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/SHA256.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "compiler/codegen/emit.h"
#include "compiler/codegen/llvm_compat.h"
#include "compiler/codegen/target.h"

namespace headrace::codegen {
namespace {

bool is_kernel(llvm::StringRef name) {
#define HR_SYMBOL(kernel, args) if (name == #kernel) return true;
#include "kernels/symbols.def"
#undef HR_SYMBOL
  return false;
}

// Names of functions that are linked into a file with those of other levels and pipelines. Hidden: calls between them
// are direct.
void name_apart(llvm::Module& m, const Target& target) {
  for (llvm::Function& f : m) {
    if (f.isIntrinsic()) continue;
    const std::string name = f.getName().str();
    f.setName(is_kernel(name) ? kernel_symbol(target.pipeline, name) : function_symbol(target, name));
    f.setVisibility(llvm::GlobalValue::HiddenVisibility);
    f.setDSOLocal(true);
  }
}

/// Where the module's functions stand in its text, if there are to be line tables.
struct Source {
  Source(const loop::Module& module, const Target& target) {
    if (!target.debug_source.empty()) loop::print(module, lines.emplace());
  }
  std::optional<loop::Lines> lines;
};

Expected<std::unique_ptr<llvm::Module>> build(llvm::LLVMContext& context, const loop::Function& f, const Source& source,
                                              const Target& target, llvm::TargetMachine& machine) {
  EmitTarget emit{target.vector_bits};
  if (source.lines) {
    emit.debug_source = target.debug_source;
    emit.lines = &*source.lines;
  }
  emit.neon = machine.getTargetTriple().isAArch64();
  emit.vbmi2 = !emit.neon && machine.getMCSubtargetInfo()->checkFeatures("+avx512vbmi2,+avx512vl");
  auto m = emit_function(context, f, emit);
  if (!target.pipeline.empty()) name_apart(*m, target);
  set_triple(*m, machine.getTargetTriple().str());
  m->setDataLayout(machine.createDataLayout());
  std::string problem;
  llvm::raw_string_ostream out(problem);
  if (llvm::verifyModule(*m, &out)) {
    return Status("compile.internal", "@" + f.name, "the LLVM IR does not verify: " + out.str());
  }
  return m;
}

void optimize(llvm::Module& m, llvm::TargetMachine& machine) {
  llvm::PipelineTuningOptions tuning;
  // Loops are written with explicit vectors; LLVM's own choices drift between versions.
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopInterleaving = false;
  tuning.LoopUnrolling = false;
  llvm::LoopAnalysisManager lam;
  llvm::FunctionAnalysisManager fam;
  llvm::CGSCCAnalysisManager cgam;
  llvm::ModuleAnalysisManager mam;
  llvm::PassBuilder pb(&machine, tuning);
  pb.registerModuleAnalyses(mam);
  pb.registerCGSCCAnalyses(cgam);
  pb.registerFunctionAnalyses(fam);
  pb.registerLoopAnalyses(lam);
  pb.crossRegisterProxies(lam, fam, cgam, mam);
  // A module is one function that is written as it shall run: the function passes of O1 give code as fast as all of O2
  // does, in half the time.
  llvm::ModulePassManager passes;
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(
      pb.buildFunctionSimplificationPipeline(llvm::OptimizationLevel::O1, llvm::ThinOrFullLTOPhase::None)));
  passes.run(m, mam);
}

bool calls_others(const loop::Block& block) {
  for (const loop::Inst& inst : block.insts) {
    if (inst.op == loop::Op::call) return true;
    for (const loop::Block& nested : inst.blocks) {
      if (calls_others(nested)) return true;
    }
  }
  return false;
}

// Entry points are left as they are: optimising them takes a tenth of the time of a compilation, and gains a tenth of a
// microsecond a sample. Nests gain one.
bool is_optimized(const loop::Function& f, Effort effort) { return effort == Effort::full && !is_entry_point(f); }

// One thread's target machines. Entry points and nests run their code a few times a sample; stages run theirs for every
// block of pixels. For the former, code generation would take five times as long as its quick form does, to save a few
// hundred nanoseconds a sample. A machine keeps what it was first used for, so there are two.
class Machines {
 public:
  static Expected<Machines> create(Isa isa) {
    Machines m;
    const TargetSpec spec = target_spec(isa);
    HR_ASSIGN_OR_RETURN(m.quick_, make_target_machine(spec, llvm::CodeGenOptLevel::None));
    HR_ASSIGN_OR_RETURN(m.thorough_, make_target_machine(spec, llvm::CodeGenOptLevel::Default));
    return m;
  }

  llvm::TargetMachine& of(const loop::Function& f, Effort effort) const {
    return effort == Effort::none || is_entry_point(f) || calls_others(f.body) ? *quick_ : *thorough_;
  }

 private:
  std::unique_ptr<llvm::TargetMachine> quick_, thorough_;
};

size_t count_instructions(const loop::Block& block) {
  size_t count = block.insts.size();
  for (const loop::Inst& inst : block.insts) {
    for (const loop::Block& nested : inst.blocks) count += count_instructions(nested);
  }
  return count;
}

}  // namespace

std::string llvm_version() { return LLVM_VERSION_STRING; }

std::string sha256_hex(std::string_view bytes) {
  const auto digest = llvm::SHA256::hash(llvm::ArrayRef<uint8_t>(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
  return llvm::toHex(digest, true);
}

std::string kernel_symbol(const std::string& pipeline, const std::string& function) {
  return pipeline.empty() ? function : pipeline + "." + function;
}

std::string function_symbol(const Target& target, const std::string& function) {
  if (target.pipeline.empty()) return function;
  std::string level(isa_name(target.isa));
  std::replace(level.begin(), level.end(), '-', '_');
  return target.pipeline + "." + level + "." + function;
}

std::string stage_key(const loop::Function& function, const Target& made_for) {
  const TargetSpec target = target_spec(made_for.isa);
  llvm::SHA256 sha;
  auto add = [&](llvm::StringRef s) {
    sha.update(std::to_string(s.size()) + ":");
    sha.update(s);
  };
  add("headrace stage 4");
  add(HEADRACE_VERSION);
  add(std::to_string(HR_ABI_VERSION));
  add(llvm_version());
  add(target.triple);
  add(target.cpu);
  add(target.features);
  add(std::to_string(made_for.vector_bits));
  add(made_for.pipeline);
  if (made_for.effort == Effort::none) add("not optimised");
  if (!made_for.debug_source.empty()) add("lines of " + made_for.debug_source);
#define HR_SYMBOL(name, args) add(#name "/" #args);
#include "kernels/symbols.def"
#undef HR_SYMBOL
  add(loop::print(function));
  const auto digest = sha.final();
  return llvm::toHex(llvm::ArrayRef<uint8_t>(digest.data(), digest.size()), true);
}

Expected<std::string> emit_text(const loop::Module& module, const Target& target, Form form) {
  HR_ASSIGN_OR_RETURN(const Machines machines, Machines::create(target.isa));
  const Source source(module, target);
  std::string text;
  for (const loop::Function& f : module.functions) {
    llvm::TargetMachine& machine = machines.of(f, target.effort);
    llvm::LLVMContext context;
    HR_ASSIGN_OR_RETURN(const auto m, build(context, f, source, target, machine));
    if (form != Form::llvm && is_optimized(f, target.effort)) optimize(*m, machine);
    std::string part;
    if (form == Form::assembly) {
      HR_RETURN_IF_ERROR(generate(*m, machine, llvm::CodeGenFileType::AssemblyFile, part));
    } else {
      llvm::raw_string_ostream stream(part);
      m->print(stream, nullptr);
    }
    if (!text.empty()) text += "\n";
    text += part;
  }
  return text;
}

Expected<std::vector<Object>> compile_objects(const loop::Module& module, const Target& target, unsigned threads) {
  const size_t n = module.functions.size();
  std::vector<Object> objects(n);
  std::vector<Status> statuses(n);
  // The largest first, so that threads end together.
  std::vector<size_t> order(n), size(n);
  for (size_t i = 0; i < n; ++i) {
    order[i] = i;
    size[i] = count_instructions(module.functions[i].body);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return size[a] > size[b]; });
  const Source source(module, target);
  std::atomic<size_t> next{0};
  // Contexts and target machines are not thread-safe: each thread has its own.
  auto work = [&] {
    const auto machines = Machines::create(target.isa);
    for (size_t k = next++; k < n; k = next++) {
      const size_t i = order[k];
      const loop::Function& f = module.functions[i];
      if (!machines.ok()) {
        statuses[i] = machines.status();
        continue;
      }
      llvm::TargetMachine& machine = machines->of(f, target.effort);
      llvm::LLVMContext context;
      auto m = build(context, f, source, target, machine);
      if (!m.ok()) {
        statuses[i] = m.status();
        continue;
      }
      if (is_optimized(f, target.effort)) optimize(**m, machine);
      objects[i].name = f.name;
      objects[i].key = stage_key(f, target);
      statuses[i] = generate(**m, machine, llvm::CodeGenFileType::ObjectFile, objects[i].bytes);
    }
  };
  std::vector<std::thread> helpers;
  for (unsigned t = 1; t < threads && t < n; ++t) helpers.emplace_back(work);
  work();
  for (std::thread& t : helpers) t.join();
  Status all;
  for (const Status& s : statuses) all.append(s);
  if (!all.ok()) return all;
  return objects;
}

}  // namespace headrace::codegen
