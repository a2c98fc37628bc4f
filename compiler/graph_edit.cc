#include "compiler/graph_edit.h"

#include <cstdio>
#include <cstdlib>

namespace headrace::graph {

ValueId emit(Body& body, Op op, std::vector<ValueId> operands, std::map<std::string, Attr> attrs) {
  Node node{op, std::move(operands), std::move(attrs), {}, {}};
  auto type = infer_type(body, node);
  if (!type.ok()) {  // a defect of the pass that called; no input leads here
    std::fprintf(stderr, "headrace: malformed graph node: %s\n", type.status().to_string().c_str());
    std::abort();
  }
  node.type = *type;
  body.nodes.push_back(std::move(node));
  return ValueId(body.nodes.size() - 1);
}

void replace_uses(Graph& graph, ValueId from, ValueId to, ValueId except) {
  graph[to].origins.merge(graph[from].origins);
  for (ValueId i = 0; i < graph.nodes.size(); ++i) {
    if (i == except) continue;
    for (ValueId& o : graph.nodes[i].operands) {
      if (o == from) o = to;
    }
  }
  for (Output& o : graph.outputs) {
    if (o.value == from) o.value = to;
  }
}

bool is_pointwise(Op op) {
  return op == Op::affine || op == Op::convert || op == Op::normalize || op == Op::map;
}

int known_bool(const Graph& graph, ValueId id) {
  const Node& n = graph[id];
  return n.op == Op::const_bool ? int(n.int_attr("value")) : -1;
}

}  // namespace headrace::graph
