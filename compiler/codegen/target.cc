#include "compiler/codegen/target.h"

#include <dlfcn.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/Triple.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "compiler/codegen/compile.h"
#include "compiler/codegen/line_table.h"
#include "compiler/codegen/llvm_compat.h"

namespace headrace::codegen {

TargetSpec target_spec(Isa isa) {
  TargetSpec spec{"x86_64-unknown-linux-gnu", "x86-64-v3", ""};
  switch (isa) {
    case Isa::x86_64_v3: break;
    case Isa::x86_64_v4: spec.cpu = "x86-64-v4"; break;
    case Isa::x86_64_v4_vbmi2:
      spec.cpu = "x86-64-v4";
      spec.features = "+avx512vbmi,+avx512vbmi2,+avx512vnni,+avx512bitalg,+avx512vpopcntdq,+fast-dpwssd";
      break;
    case Isa::armv8_neon: return {"aarch64-unknown-linux-gnu", "generic", "+neon"};
    case Isa::host: {
      if (host_arch() == Arch::aarch64) spec.triple = target_spec(Isa::armv8_neon).triple;
      spec.cpu = llvm::sys::getHostCPUName().str();
      std::vector<std::string> features;
      for (const auto& f : llvm::sys::getHostCPUFeatures()) features.push_back((f.second ? "+" : "-") + f.first().str());
      std::sort(features.begin(), features.end());  // the map's order is not fixed
      for (const std::string& f : features) spec.features += (spec.features.empty() ? "" : ",") + f;
      break;
    }
  }
  return spec;
}

std::string target_text(Isa isa) {
  const TargetSpec spec = target_spec(isa);
  return spec.triple + " " + spec.cpu + " " + spec.features;
}

// Not the function's address as this program knows it, which may be that of a stub.
const void* llvm_address() {
  const void* in_library = ::dlsym(RTLD_DEFAULT, "LLVMContextCreate");
  return in_library ? in_library : reinterpret_cast<const void*>(&target_text);
}

void initialize_target(Arch arch) {
  static std::once_flag x86, arm;
  if (arch == Arch::x86_64) {
    std::call_once(x86, [] {
      LLVMInitializeX86TargetInfo();
      LLVMInitializeX86Target();
      LLVMInitializeX86TargetMC();
      LLVMInitializeX86AsmPrinter();
      LLVMInitializeX86AsmParser();
    });
    return;
  }
  std::call_once(arm, [] {
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeAArch64AsmParser();
  });
}

Expected<std::unique_ptr<llvm::TargetMachine>> make_target_machine(const TargetSpec& spec, llvm::CodeGenOptLevel effort) {
  initialize_target(llvm::Triple(spec.triple).isAArch64() ? Arch::aarch64 : Arch::x86_64);
  std::string error;
  const llvm::Target* target = lookup_target(spec.triple, error);
  if (!target) return Status("compile.target", spec.triple, error);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  auto machine = create_target_machine(*target, spec.triple, spec.cpu, spec.features, options, effort);
  if (!machine) return Status("compile.target", spec.triple, "LLVM has no code generator for " + spec.cpu);
  return machine;
}

Status generate(llvm::Module& m, llvm::TargetMachine& machine, llvm::CodeGenFileType type, std::string& out) {
  llvm::SmallVector<char, 0> buffer;
  llvm::raw_svector_ostream stream(buffer);
  llvm::legacy::PassManager pm;
  if (m.getNamedMetadata("llvm.dbg.cu")) pm.add(create_plain_code_pass());
  constexpr bool kDisableVerify = true;  // the module was verified when it was built
  if (machine.addPassesToEmitFile(pm, stream, nullptr, type, kDisableVerify)) {
    return Status("compile.target", machine.getTargetTriple().str(), "LLVM cannot emit this file type");
  }
  pm.run(m);
  out.assign(buffer.begin(), buffer.end());
  return {};
}

}  // namespace headrace::codegen
