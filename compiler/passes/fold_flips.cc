// Joins chains of flips into one, and moves crops before flips, so that at most one flip stays between
// two resizes (or at an end), where fuse-resample turns it into a reversed index table.
#include "compiler/graph_edit.h"
#include "compiler/passes/pass.h"

namespace headrace::passes {

using namespace graph;

void fold_flips(Graph& g) {
  bool changed = true;
  while (changed) {
    changed = false;
    for (ValueId i = 0; i < g.nodes.size() && !changed; ++i) {
      const Node n = g[i];
      if ((n.op != Op::flip && n.op != Op::crop) || g[n.operands[0]].op != Op::flip) continue;
      const Node inner = g[n.operands[0]];
      const ValueId source = inner.operands[0], h = inner.operands[1], v = inner.operands[2];
      if (n.op == Op::flip) {
        const ValueId both_h = emit(g, Op::xor_bool, {h, n.operands[1]});
        const ValueId both_v = emit(g, Op::xor_bool, {v, n.operands[2]});
        const ValueId both = emit(g, Op::flip, {source, both_h, both_v});
        g[both].origins = inner.origins;
        replace_uses(g, i, both);
      } else {
        const ValueId size = emit(g, Op::image_size, {source});
        const ValueId rect = emit(g, Op::mirror_rect, {n.operands[1], size, h, v});
        const ValueId crop = emit(g, Op::crop, {source, rect});
        const ValueId flip = emit(g, Op::flip, {crop, h, v});
        replace_uses(g, i, flip);
        g[crop].origins = n.origins;
        g[flip].origins = inner.origins;
      }
      changed = true;
    }
    compact(g);
  }
  canonicalize(g);
}

}  // namespace headrace::passes
