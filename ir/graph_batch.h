// The batch part of a graph: what its ops do to pairs of rows of a batch.
#pragma once

#include <string>

#include "headrace/abi.h"
#include "ir/graph.h"

namespace headrace::graph {

/// infer_type() for the ops of graph_batch_ops.def.
Expected<Type> infer_batch_type(const Body& body, const Node& node);

/// What is wrong with the values of an op of graph_batch_ops.def's attributes; "" if nothing.
std::string check_batch_attrs(const Node& node);

/// Checks how the batch part, whose nodes are sound, and the outputs fit together.
void verify_batch(const Graph& graph, Status& status);

/// Mixes the pairs of a frame that its mask lets through, in place. The graph is verified, the frame as abi.h
/// says.
hr_result evaluate_batch(const Graph& graph, const hr_batch_frame& frame);

}  // namespace headrace::graph
