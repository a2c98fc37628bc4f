// The graph after each pass, as programs that interpret it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "headrace/program.h"
#include "headrace/status.h"
#include "ir/graph.h"
#include "tests/ladder/tamper.h"

namespace headrace::ladder {

struct GraphStep {
  std::string pass;
  bool exact = true;  ///< gives the bytes of the step before
  graph::Graph graph;
  std::shared_ptr<const Program> program;
};

/// The graph as built (a step without a pass), and what each pass that changed it has left. Programs call the
/// functions of the tests' library.
Expected<std::vector<GraphStep>> graph_steps(const graph::Graph& built, const Tamper& tamper);

/// The optimised graph with a pass left out, interpreted; and its loops, where it still can be lowered (it
/// may lack what lowering relies on, and then says so). Errors are those of passes::run(), lower() and
/// bind_functions().
Expected<std::vector<std::shared_ptr<const Program>>> without_pass(const graph::Graph& built,
                                                                   const std::string& pass);

}  // namespace headrace::ladder
