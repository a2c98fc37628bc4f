// Linking objects into a file, by lld as a library: no linker of the system is needed.
#pragma once

#include <string>
#include <vector>

#include "compiler/codegen/compile.h"

namespace headrace::codegen {

enum class FileKind : uint8_t {
  relocatable,  ///< one object file of all (`ld -r`)
  shared        ///< a shared object without undefined symbols
};

/// The linked file's bytes; the same for the same objects. `build_id` is hexadecimal digits for debuggers; empty: none.
/// Uses a private folder among the system's temporary files.
Expected<std::string> link_file(const std::vector<Object>& objects, FileKind kind, Arch arch, const std::string& build_id);

}  // namespace headrace::codegen
