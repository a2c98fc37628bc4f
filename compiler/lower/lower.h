// Graph IR to loop IR: one function per stage, and the entry points @plan and @run that tie them together.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/lower/facts.h"
#include "compiler/lower/schedule.h"
#include "headrace/program.h"
#include "ir/graph.h"
#include "ir/loop.h"

namespace headrace {

struct Lowered {
  loop::Module module;  ///< stages, @plan and @run, then the batch part's stages and @batch
  ProgramInfo info;     ///< engine and isa are left empty
  /// By function: the nodes of the graph that it computes, or has a part in. For inspection.
  std::map<std::string, std::set<graph::ValueId>> nodes;
};

/// Lowers an optimised graph (passes::run) for a schedule. Samples of a kind that `facts` rules out must not be run.
Expected<Lowered> lower(const graph::Graph& graph, const Schedule& schedule, const Facts& facts = {});

/// Fields, outputs and slots of a graph; what any engine needs to run it.
ProgramInfo program_info(const graph::Graph& graph);

/// External functions the loop IR may call (kernels/symbols.def).
const std::vector<loop::Extern>& kernel_externs();

}  // namespace headrace
