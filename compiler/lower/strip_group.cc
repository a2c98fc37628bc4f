#include "compiler/lower/strip_group.h"

#include <algorithm>

#include "compiler/lower/rect_bounds.h"

namespace headrace::lowering {

using graph::Graph;
using graph::kNoValue;
using graph::Node;
using graph::ValueId;
using GOp = graph::Op;

namespace {
// The pass that leaves no such op, or none in this place.
const char* pass_for(const Node& n) {
  const bool moves_floats = (n.op == GOp::crop || n.op == GOp::flip) && n.type.elem != graph::Elem::u8;
  if (moves_floats) return "hoist-geometry";
  switch (n.op) {
    case GOp::normalize: return "canonicalize";
    case GOp::layout:
    case GOp::affine:
    case GOp::map:
    case GOp::convert:
    case GOp::call:
    case GOp::resample: return "fuse-strips";
    default: return "fuse-resample";
  }
}

Status unsupported(const Node& n) {
  return Status("compile.not_lowered", std::string(graph::op_name(n.op)),
                std::string("cannot be lowered to loops here; the pass ") + pass_for(n) + " must run first");
}
}  // namespace

const StripGroup& group_of(const std::vector<StripGroup>& groups, ValueId strips) {
  for (const StripGroup& g : groups) {
    if (g.strips == strips) return g;
  }
  return groups.front();
}

Expected<std::vector<StripGroup>> find_groups(const Graph& g, const Schedule& schedule) {
  std::vector<StripGroup> groups;
  for (ValueId id = 0; id < g.nodes.size(); ++id) {
    const Node& n = g[id];
    if (n.op == GOp::decode || n.op == GOp::crop || n.op == GOp::resize || n.op == GOp::flip || n.op == GOp::normalize) {
      return unsupported(n);
    }
    if (n.op == GOp::call && g[n.operands[0]].op != GOp::strips) return unsupported(n);
    if (n.op != GOp::strips) continue;
    StripGroup group;
    group.strips = id;
    ValueId at = n.operands[0];
    if (g[at].op == GOp::layout) {
      group.store = {g[at].type.layout, g[at].type.height, g[at].type.width};
      at = g[at].operands[0];
    }
    while (g[at].op == GOp::affine || g[at].op == GOp::map || g[at].op == GOp::convert) {
      group.ops.push_back(&g[at]);
      at = g[at].operands[0];
    }
    if (g[at].op != GOp::resample) return unsupported(g[at]);
    std::reverse(group.ops.begin(), group.ops.end());
    group.resample = at;
    group.elem = n.type.elem;
    if (g[at].text_attr("filter") == "none" && !window_is_rect(g, g[at])) {
      return Status("compile.not_lowered", "resample", "the window of one that resizes nothing must be its whole rectangle");
    }
    const Node& source = g[g[at].operands[0]];
    if (source.type.kind == graph::Kind::image && source.op != GOp::strips && source.op != GOp::call) return unsupported(source);
    group.source = source.type.elem;
    group.store.stream = can_stream(group.store, group.elem, schedule);
    for (size_t k = 0; k < g.outputs.size(); ++k) {
      if (g.outputs[k].value != id) continue;
      group.output = int(k);
      group.name = g.outputs[k].name;
      groups.push_back(group);
    }
    if (group.output >= 0 || n.type.kind == graph::Kind::tensor) continue;  // a tensor that is no output is used by nothing
    group.name = "scratch" + std::to_string(groups.size());
    groups.push_back(std::move(group));
  }
  for (const graph::Output& o : g.outputs) {
    if (g[o.value].op != GOp::strips && g[o.value].type.kind == graph::Kind::tensor) return unsupported(g[o.value]);
  }
  return groups;
}

}  // namespace headrace::lowering
