// Target machines for the instruction-set levels. LLVM is not visible outside codegen/.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <string>

#include "headrace/isa.h"
#include "headrace/status.h"

namespace headrace::codegen {

struct TargetSpec {
  std::string triple, cpu, features;
};

/// CPU name and features of a level; `host` asks LLVM about this machine.
TargetSpec target_spec(Isa isa);

/// Registers LLVM's back end for an architecture, once per process.
void initialize_target(Arch arch);

Expected<std::unique_ptr<llvm::TargetMachine>> make_target_machine(const TargetSpec& spec, llvm::CodeGenOptLevel effort);

/// An object file or assembly of a module.
Status generate(llvm::Module& module, llvm::TargetMachine& machine, llvm::CodeGenFileType type, std::string& out);

}  // namespace headrace::codegen
