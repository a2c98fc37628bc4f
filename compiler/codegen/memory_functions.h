// memcpy, memmove and memset for objects that link no C library: LLVM calls them even where nobody wrote a call.
#pragma once

#include <llvm/IR/Module.h>

namespace headrace::codegen {

/// Adds the three, hidden. The module must not be optimised, which would turn their loops into calls of themselves.
void add_memory_functions(llvm::Module& module);

}  // namespace headrace::codegen
