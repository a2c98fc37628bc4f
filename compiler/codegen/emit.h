// Loop IR to LLVM IR, op by op.
#pragma once

#include <llvm/IR/Module.h>

#include <memory>
#include <string>

#include "ir/loop.h"

namespace headrace::codegen {

/// What the LLVM IR of a function depends on beside its loop IR.
struct EmitTarget {
  int vector_bits = 256;  ///< wider vectors are split
  bool vbmi2 = false;     ///< the CPU expands 16-bit lanes by a mask
  bool neon = false;      ///< AArch64; else x86-64
  std::string debug_source = {};         ///< the file that line tables point into; empty: no line tables
  const loop::Lines* lines = nullptr;    ///< with it: where the function stands in that file
};

/// One module with one function; everything it calls is declared. The loop IR must be verified.
std::unique_ptr<llvm::Module> emit_function(llvm::LLVMContext& context, const loop::Function& function,
                                            const EmitTarget& target);

/// True for @plan, @run and @batch, whose one parameter is a frame that holds further pointers.
bool is_entry_point(const loop::Function& function);

}  // namespace headrace::codegen
