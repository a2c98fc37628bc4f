// Outputs that are vectors made of a label: two values, one of which stands in one place.
#pragma once

#include "ir/graph.h"
#include "ir/loop_build.h"

namespace headrace::lowering {

/// The one_hot that a vector begins with.
graph::ValueId one_hot_of(const graph::Graph& graph, graph::ValueId vector);

/// Writes `vector` of the graph for this label (i64) to `out`; returns HR_E_LABEL if there is no such class.
void store_vector(const graph::Graph& graph, graph::ValueId vector, loop::V label, loop::V out, loop::V error,
                  int vector_bits);

}  // namespace headrace::lowering
