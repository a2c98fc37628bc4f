#include "compiler/lower/strip_group.h"

#include <algorithm>

namespace headrace::lowering {

using graph::Graph;
using graph::kNoValue;
using graph::Node;
using graph::ValueId;
using GOp = graph::Op;

namespace {
Status unsupported(const Node& n) {
  return Status("compile.not_lowered", std::string(graph::op_name(n.op)),
                "cannot be lowered to loops here; the passes canonicalize, fuse-resample and fuse-strips must run first");
}
}  // namespace

Expected<std::vector<StripGroup>> find_groups(const Graph& g, const Schedule& schedule) {
  std::vector<StripGroup> groups;
  for (ValueId id = 0; id < g.nodes.size(); ++id) {
    const Node& n = g[id];
    if (n.op == GOp::decode || n.op == GOp::crop || n.op == GOp::resize || n.op == GOp::flip || n.op == GOp::normalize) {
      return unsupported(n);
    }
    if (n.op != GOp::strips) continue;
    StripGroup group;
    group.strips = id;
    ValueId at = n.operands[0];
    if (g[at].op == GOp::layout) {
      group.store = {g[at].type.layout, g[at].type.height, g[at].type.width};
      at = g[at].operands[0];
    }
    while (g[at].op == GOp::affine || g[at].op == GOp::convert) {
      group.ops.push_back(&g[at]);
      at = g[at].operands[0];
    }
    if (g[at].op != GOp::resample) return unsupported(g[at]);
    std::reverse(group.ops.begin(), group.ops.end());
    group.resample = at;
    group.elem = n.type.elem;
    group.store.stream = can_stream(group.store, group.elem, schedule);
    for (size_t k = 0; k < g.outputs.size(); ++k) {
      if (g.outputs[k].value != id) continue;
      group.output = int(k);
      group.name = g.outputs[k].name;
      groups.push_back(group);
    }
    if (group.output >= 0) continue;
    group.name = "scratch" + std::to_string(groups.size());
    groups.push_back(std::move(group));
  }
  for (const graph::Output& o : g.outputs) {
    if (g[o.value].op != GOp::strips && g[o.value].type.kind == graph::Kind::tensor) return unsupported(g[o.value]);
  }
  return groups;
}

}  // namespace headrace::lowering
