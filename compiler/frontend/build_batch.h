// The batch part of a graph from the "batch" section of a spec.
#pragma once

#include "compiler/spec.h"
#include "ir/graph.h"

namespace headrace {

/// Writes graph.batch; the graph has the spec's outputs.
void build_batch(const spec::Spec& spec, graph::Graph& graph);

}  // namespace headrace
