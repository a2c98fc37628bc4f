// From a checked spec to the graph IR: each op of the spec becomes the primitive ops that define it.
#pragma once

#include <vector>

#include "compiler/spec.h"
#include "ir/graph.h"

namespace headrace {

/// `fields` gives the kinds of dataset fields; without it a field read by `field` counts as i64.
Expected<graph::Graph> build_graph(const spec::Spec& spec, const std::vector<ProgramField>* fields = nullptr);

}  // namespace headrace
