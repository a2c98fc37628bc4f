// Compiling a pipeline ahead of time, into a file that runs without a compiler (headrace/aot.h loads it).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/aot.h"
#include "headrace/dataset.h"
#include "headrace/isa.h"
#include "headrace/pipeline.h"
#include "headrace/schedule.h"
#include "headrace/status.h"
#include "headrace/types.h"

namespace headrace {

enum class ObjectKind : uint8_t {
  relocatable,  ///< an ELF object file, to be linked into a program; its descriptor is headrace_object_NAME
  shared,       ///< a shared object for load_object()
  header        ///< C text that documents both and declares the former
};

struct CompileObjectOptions {
  ObjectKind kind = ObjectKind::shared;
  std::string name = "pipeline";  ///< a C identifier of at most 63 letters, digits and underscores
  std::vector<Isa> levels;        ///< of one architecture, which need not be this one; empty: all of this machine's
  std::optional<Numerics> numerics;
  unsigned threads = 0;           ///< threads that compile; 0: one per core
  ScheduleOptions schedule;
  std::vector<std::string> disable;  ///< graph passes to leave out
  /// The text is no spec but a graph: before the passes (graph) or after (graph_opt). Its text is ObjectInfo::spec then.
  std::optional<Stage> from;
  /// File that line tables name; its lines are those of the loop IR, as inspect() prints it, which must be the same for all
  /// levels. Empty: no line tables.
  std::string debug_source;
};

struct CompiledObject {
  std::string bytes;
  ObjectInfo info;
};

/// Compiles a JSON spec for every level. With a dataset, its field names and kinds are checked, and the code runs
/// images in its encodings only. The same spec, options and release give the same bytes. Errors: those of compile(),
/// "compile.name", "compile.levels", "compile.link", and "compile.no_jit" if built without code generator or linker.
Expected<CompiledObject> compile_object(std::string_view spec_json, const Dataset* dataset,
                                        const CompileObjectOptions& options = {});

/// A spec in the one way to write it down, which ObjectInfo::spec holds: one line of JSON, every default filled in.
Expected<std::string> canonical_spec(std::string_view spec_json, std::optional<Numerics> numerics = {});

}  // namespace headrace
