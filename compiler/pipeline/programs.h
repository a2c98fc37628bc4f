// The ways a compiled pipeline runs, behind Program.
#pragma once

#include <memory>

#include "headrace/isa.h"
#include "headrace/program.h"
#include "headrace/status.h"
#include "ir/graph.h"
#include "ir/loop.h"

namespace headrace {

/// Interprets the optimised graph.
std::shared_ptr<const Program> make_graph_program(graph::Graph graph, ProgramInfo info);

/// Interprets loop IR, checking every access.
std::shared_ptr<const Program> make_loop_program(loop::Module module, ProgramInfo info);

#ifdef HEADRACE_WITH_JIT
/// Generated code of a level.
Expected<std::shared_ptr<const Program>> make_jit_program(const loop::Module& module, ProgramInfo info, Isa isa, int vector_bits,
                                                         unsigned threads);
#endif

}  // namespace headrace
