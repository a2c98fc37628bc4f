#include "compiler/codegen/target.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>

#include <algorithm>
#include <mutex>
#include <vector>

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
    case Isa::host: {
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

void initialize_targets() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
  });
}

Expected<std::unique_ptr<llvm::TargetMachine>> make_target_machine(const TargetSpec& spec, llvm::CodeGenOptLevel effort) {
  initialize_targets();
  std::string error;
  const llvm::Target* target = lookup_target(spec.triple, error);
  if (!target) return Status("compile.target", spec.triple, error);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  auto machine = create_target_machine(*target, spec.triple, spec.cpu, spec.features, options, effort);
  if (!machine) return Status("compile.target", spec.triple, "LLVM has no code generator for " + spec.cpu);
  return machine;
}

}  // namespace headrace::codegen
