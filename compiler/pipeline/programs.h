// The ways a compiled pipeline runs, behind Program.
#pragma once

#include <memory>

#include "headrace/isa.h"
#include "headrace/program.h"
#include "headrace/status.h"
#include "ir/graph.h"
#include "ir/loop.h"
#ifdef HEADRACE_WITH_JIT
#include "compiler/codegen/compile.h"
#endif

namespace headrace {

/// Interprets the optimised graph.
std::shared_ptr<const Program> make_graph_program(graph::Graph graph, ProgramInfo info);

/// Interprets loop IR, checking every access.
std::shared_ptr<const Program> make_loop_program(loop::Module module, ProgramInfo info);

#ifdef HEADRACE_WITH_JIT
/// Linked code of a level.
std::shared_ptr<const Program> make_code_program(std::unique_ptr<codegen::Library> library, ProgramInfo info, Isa isa);

/// Generates code and links it in memory; `gdb`: see codegen::link().
Expected<std::shared_ptr<const Program>> make_jit_program(const loop::Module& module, ProgramInfo info,
                                                         const codegen::Target& target, unsigned threads, bool gdb);
#endif

}  // namespace headrace
