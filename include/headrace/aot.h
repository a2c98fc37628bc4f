// Loading pipelines that were compiled ahead of time. Needs the runtime library alone, no LLVM.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "headrace/isa.h"
#include "headrace/loader.h"
#include "headrace/object.h"
#include "headrace/program.h"
#include "headrace/status.h"

namespace headrace {

struct ObjectLevel {
  std::string isa;  ///< as isa_name() has it; a later release may know more names
  uint32_t vector_bits = 0;
};

/// What an object says of itself.
struct ObjectInfo {
  std::string name;      ///< of the pipeline, a C identifier
  std::string producer;  ///< "headrace 0.1.0, LLVM 22.1.8"
  std::string key;       ///< SHA-256 over everything that made the code, 64 hexadecimal digits
  uint32_t abi_version = HR_ABI_VERSION;
  uint64_t symbols = 0;  ///< hash of the kernel functions the code may call
  Arch arch = Arch::x86_64;
  std::vector<ObjectLevel> levels;
  uint32_t encodings = 0;  ///< images it can run: bit e for HR_ENCODING_* e
  ProgramInfo program;     ///< engine "aot"; isa is empty until a level is chosen
  std::string spec;        ///< the pipeline description, in the one way to write it down
  /// Its loader settings, name and value as text: {"order", "sequential"}, {"tail", "pad"}.
  std::vector<std::pair<std::string, std::string>> loader;
};

struct ObjectOptions {
  std::optional<Isa> isa;  ///< none: the best of its levels that this CPU runs
  /// Paths of the libraries whose functions the object may call (ObjectInfo::program.calls). No others are ever loaded.
  std::vector<std::string> libraries = {};
};

/// Reads what a shared object made by `headrace compile --emit so` says of itself. Nothing in it is run. Errors:
/// "object.file" (cannot be read), "object.elf" (no shared object, or for another processor), "object.metadata"
/// (none of ours, or malformed), "object.damaged" (its content has changed), "object.abi", "object.symbols" (made
/// by another release; both say what was found and expected).
Expected<ObjectInfo> read_object(const std::string& path);

/// Loads such an object, after the same checks. `path` is a file's path, never searched for; only what is named here
/// is ever loaded. The library is unloaded with the Program. Errors: those of read_object(), "object.isa" (no level
/// this CPU runs, or not the one asked for), "object.load" (what the dynamic linker says) and "library.*" (as of compile()).
Expected<std::shared_ptr<const Program>> load_object(const std::string& path, const ObjectOptions& options = {});

/// The same for an object that was linked into this program (`--emit obj`): its headrace_object_NAME.
Expected<ObjectInfo> read_object(const hr_object& object);
Expected<std::shared_ptr<const Program>> load_object(const hr_object& object, const ObjectOptions& options = {});

/// The library's defaults, and over them what the object's spec says about its loader. Errors: "object.metadata" (a
/// setting this release does not know).
Expected<LoaderOptions> object_loader_options(const ObjectInfo& info);

}  // namespace headrace
