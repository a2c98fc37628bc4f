// Composes consecutive affine maps into one: one rounding instead of two (approx: the last bit of an f32
// can differ). Maps stay apart where their product leaves the normal range of f32.
#include <cmath>

#include "compiler/graph_edit.h"
#include "compiler/passes/pass.h"

namespace headrace::passes {

using namespace graph;

void compose_affine(Graph& g) {
  for (ValueId i = 0; i < g.nodes.size(); ++i) {
    const Node n = g[i];
    if (n.op != Op::affine || g[n.operands[0]].op != Op::affine) continue;
    const Node inner = g[n.operands[0]];
    std::vector<double> scale = n.list_attr("scale"), bias = n.list_attr("bias");
    bool normal = true;
    for (size_t c = 0; c < scale.size(); ++c) {
      bias[c] = double(float(scale[c] * inner.list_attr("bias")[c] + bias[c]));
      scale[c] = double(float(scale[c] * inner.list_attr("scale")[c]));
      normal = normal && std::isnormal(float(scale[c])) && std::isfinite(bias[c]);
    }
    if (!normal) continue;
    const ValueId composed = emit(g, Op::affine, {inner.operands[0]}, {{"scale", scale}, {"bias", bias}});
    g[composed].origins = inner.origins;
    replace_uses(g, i, composed);
  }
  compact(g);
  infer(g);
}

}  // namespace headrace::passes
