// Fills in every node's type from its operands and attributes.
#include "compiler/passes/pass.h"

namespace headrace::passes {

void infer(graph::Graph& graph) {
  graph::compact(graph);
  for (graph::Node& node : graph.nodes) {
    auto type = graph::infer_type(graph, node);
    if (type.ok()) node.type = *type;
  }
}

}  // namespace headrace::passes
