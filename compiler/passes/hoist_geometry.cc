// Moves crops and flips before pointwise ops, next to the decode and the resizes they will join: both
// orders give the same pixels, and fewer pixels are computed.
#include "compiler/graph_edit.h"
#include "compiler/passes/pass.h"

namespace headrace::passes {

using namespace graph;

void hoist_geometry(Graph& g) {
  bool changed = true;
  while (changed) {
    changed = false;
    for (ValueId i = 0; i < g.nodes.size() && !changed; ++i) {
      const Node n = g[i];
      if (n.op != Op::crop && n.op != Op::flip) continue;
      const Node inner = g[n.operands[0]];
      if (!is_pointwise(inner.op)) continue;
      std::vector<ValueId> operands = n.operands;
      operands[0] = inner.operands[0];
      const ValueId moved = emit(g, n.op, operands, n.attrs);
      const ValueId outer = emit(g, inner.op, {moved}, inner.attrs);
      replace_uses(g, i, outer);
      g[moved].origins = n.origins;
      g[outer].origins = inner.origins;
      changed = true;
    }
    compact(g);
  }
  canonicalize(g);
}

}  // namespace headrace::passes
