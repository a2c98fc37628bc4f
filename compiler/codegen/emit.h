// Loop IR to LLVM IR, op by op.
#pragma once

#include <llvm/IR/Module.h>

#include <memory>

#include "ir/loop.h"

namespace headrace::codegen {

/// One module with one function; everything it calls is declared. Wider vectors than `vector_bits` are split. The loop IR must be verified.
std::unique_ptr<llvm::Module> emit_function(llvm::LLVMContext& context, const loop::Function& function,
                                            int vector_bits);

/// True for @plan, @run and @batch, whose one parameter is a frame that holds further pointers.
bool is_entry_point(const loop::Function& function);

}  // namespace headrace::codegen
