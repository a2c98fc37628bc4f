// Target machines for the instruction-set levels. LLVM is not visible outside codegen/.
#pragma once

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

/// Registers the back ends once per process.
void initialize_targets();

Expected<std::unique_ptr<llvm::TargetMachine>> make_target_machine(const TargetSpec& spec, llvm::CodeGenOptLevel effort);

}  // namespace headrace::codegen
