// Compiling a pipeline description into a Program, and looking at each stage on the way.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/isa.h"
#include "headrace/object_cache.h"
#include "headrace/program.h"
#include "headrace/schedule.h"
#include "headrace/status.h"

namespace headrace {

enum class Engine : uint8_t {
  jit,          ///< generated machine code
  interp,       ///< the graph interpreter, on the optimised graph: the reference
  loop_interp,  ///< the loop IR interpreter
  aot,          ///< an object compiled before: load_object() (headrace/aot.h) makes its program, compile() does not
};

/// Textual forms a pipeline can be shown in, from the front end to machine code.
enum class Stage : uint8_t { graph, graph_opt, loop, llvm, llvm_opt, assembly };

std::optional<Engine> parse_engine(std::string_view name);
std::string_view engine_name(Engine engine);
std::optional<Stage> parse_stage(std::string_view name);

/// For debuggers and profilers. Instructions are the same with and without, unless LLVM is older than 22.
struct DebugOptions {
  /// File that line tables of the code name; its lines are those of the loop IR, as inspect() prints it. Empty: no line
  /// tables.
  std::string source;
  bool gdb = false;  ///< tells GDB of the code, through its interface for generated code
};

struct CompileOptions {
  Engine engine = Engine::jit;
  std::optional<Isa> isa;            ///< none: the best level this CPU has
  std::optional<Numerics> numerics;  ///< overrides the spec's
  unsigned threads = 0;              ///< threads that compile; 0: one per core
  std::shared_ptr<ObjectCache> cache;  ///< where the engine jit looks before it compiles; none: nowhere
  ScheduleOptions schedule;          ///< how code is written; makes no difference to the engine interp
  std::vector<std::string> disable;  ///< graph passes to leave out
  std::optional<Stage> from;         ///< the text is no spec but a graph: before the passes (graph) or after (graph_opt)
  DebugOptions debug;                ///< of the engine jit; code with any of it is made anew, not taken from the cache
  /// Paths of the libraries whose functions the spec may call ("op": "call"). No others are ever loaded.
  std::vector<std::string> libraries;
};

/// What a graph pass did, for inspection.
struct PassReport {
  std::string name;
  bool approx = false;
  bool changed = false;
  int64_t ns = 0;
  std::string text;  ///< the graph after the pass
};

struct InspectOptions {
  std::optional<Isa> isa;
  std::optional<Numerics> numerics;
  std::string stop_after;                          ///< last graph pass to run; empty: all
  std::function<void(const PassReport&)> on_pass;  ///< called after each pass
  ScheduleOptions schedule;
  std::vector<std::string> disable;  ///< graph passes to leave out
  std::optional<Stage> from;  ///< the text is no spec but the pipeline at this stage: graph, graph_opt or loop
};

/// Defaults a spec gives for its loader; empty where it says nothing.
struct SpecLoaderDefaults {
  std::optional<std::string> order;
  std::optional<std::string> tail;
  std::optional<uint64_t> window_bytes;
};

/// Compiles a JSON spec. With a dataset, its field names and kinds are checked and used. Errors: those of the spec
/// ("spec.*"), or of a graph's text ("ir.syntax", "ir.verify", both with line and column, and "compile.field"), of the
/// options ("compile.*", "schedule.value", "isa.unsupported"), "compile.not_lowered" (a pass that lowering relies on was
/// left out, or a graph is none that it knows), "library.*" (a function that is called cannot be had: a library that is not
/// named, cannot be loaded or has none).
Expected<std::shared_ptr<const Program>> compile(std::string_view spec_json, const Dataset* dataset,
                                                 const CompileOptions& options = {});

/// The pipeline as text at a stage. What it prints of a graph or, for the stages behind it, of loop IR can be read
/// again (`from`).
Expected<std::string> inspect(std::string_view spec_json, const Dataset* dataset, Stage stage,
                              const InspectOptions& options = {});

/// The code generator in use, such as "LLVM 22.1.8"; empty if built without one.
std::string code_generator();

Expected<SpecLoaderDefaults> spec_loader_defaults(std::string_view spec_json);

}  // namespace headrace
