// What an ahead-of-time object holds beside its stages: the descriptor and metadata (headrace/object.h), and the way
// to the functions of the runtime library.
#pragma once

#include <string>
#include <vector>

#include "compiler/codegen/compile.h"

namespace headrace::codegen {

struct ObjectGlue {
  std::vector<Target> levels;  ///< of one architecture and pipeline, in the metadata's order; the first is the lowest
  bool has_batch = false;      ///< whether @batch is among the functions
  std::string metadata;
  std::string symbol;          ///< the descriptor's name
  bool with_memory_functions = false;  ///< memcpy, memmove and memset, for objects that link no C library
};

/// The relocatable object with all of it.
Expected<Object> compile_glue(const ObjectGlue& glue);

}  // namespace headrace::codegen
