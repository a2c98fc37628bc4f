#include <llvm/ExecutionEngine/Orc/Debugging/DebuggerSupport.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/Support/MemoryBuffer.h>

#include <algorithm>
#include <cstring>

#include "compiler/codegen/compile.h"
#include "compiler/codegen/target.h"

namespace headrace::codegen {
namespace {

Status convert(llvm::Error error) { return Status("compile.link", "", llvm::toString(std::move(error))); }

constexpr Isa kLowestLevel = isa_levels(host_arch().value_or(Arch::x86_64)).front();

class JitLibrary final : public Library {
 public:
  static Expected<std::unique_ptr<Library>> create(const std::vector<Object>& objects, const std::vector<Symbol>& symbols,
                                                   const Target& target, bool gdb) {
    initialize_target(host_arch().value_or(Arch::x86_64));
    auto library = std::unique_ptr<JitLibrary>(new JitLibrary);
    // A fixed target: LLJIT's default asks the host for its features, which takes time and is not used.
    llvm::orc::JITTargetMachineBuilder builder(llvm::Triple(target_spec(kLowestLevel).triple));
    auto jit = llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(builder)).create();
    if (!jit) return convert(jit.takeError());
    library->jit_ = std::move(*jit);
    if (gdb) {
      if (auto error = llvm::orc::enableDebuggerSupport(*library->jit_)) return convert(std::move(error));
    }
    // Generated code sees the listed symbols and nothing else of the process.
    llvm::orc::JITDylib& allowed = library->jit_->getExecutionSession().createBareJITDylib("allowed");
    llvm::orc::SymbolMap map;
    auto add = [&](llvm::StringRef name, void* address) {
      map[library->jit_->mangleAndIntern(name)] = {llvm::orc::ExecutorAddr::fromPtr(address),
                                                   llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
    };
    for (const Symbol& s : symbols) add(s.name, s.address);
    add("memcpy", reinterpret_cast<void*>(static_cast<void* (*)(void*, const void*, size_t)>(std::memcpy)));
    add("memset", reinterpret_cast<void*>(static_cast<void* (*)(void*, int, size_t)>(std::memset)));
    add("memmove", reinterpret_cast<void*>(static_cast<void* (*)(void*, const void*, size_t)>(std::memmove)));
    if (auto error = allowed.define(llvm::orc::absoluteSymbols(std::move(map)))) return convert(std::move(error));
    llvm::orc::JITDylib& code = library->jit_->getExecutionSession().createBareJITDylib("pipeline");
    code.addToLinkOrder(allowed);
    for (const Object& o : objects) {
      auto buffer = llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(o.bytes.data(), o.bytes.size()), o.name);
      if (auto error = library->jit_->addObjectFile(code, std::move(buffer))) return convert(std::move(error));
    }
    auto plan = library->jit_->lookup(code, function_symbol(target, "plan"));
    if (!plan) return convert(plan.takeError());
    auto run = library->jit_->lookup(code, function_symbol(target, "run"));
    if (!run) return convert(run.takeError());
    library->plan_ = plan->toPtr<hr_plan_fn>();
    library->run_ = run->toPtr<hr_run_fn>();
    if (std::any_of(objects.begin(), objects.end(), [](const Object& o) { return o.name == "batch"; })) {
      auto batch = library->jit_->lookup(code, function_symbol(target, "batch"));
      if (!batch) return convert(batch.takeError());
      library->batch_ = batch->toPtr<hr_batch_fn>();
    }
    return std::unique_ptr<Library>(std::move(library));
  }

  hr_plan_fn plan() const override { return plan_; }
  hr_run_fn run() const override { return run_; }
  hr_batch_fn batch() const override { return batch_; }

 private:
  JitLibrary() = default;
  std::unique_ptr<llvm::orc::LLJIT> jit_;
  hr_plan_fn plan_ = nullptr;
  hr_run_fn run_ = nullptr;
  hr_batch_fn batch_ = nullptr;
};

}  // namespace

Expected<std::unique_ptr<Library>> link(const std::vector<Object>& objects, const std::vector<Symbol>& symbols,
                                        const Target& target, bool gdb) {
  return JitLibrary::create(objects, symbols, target, gdb);
}

}  // namespace headrace::codegen
