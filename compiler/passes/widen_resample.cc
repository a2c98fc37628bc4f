// Replaces Pillow's 8-bit resampling by 14-bit weights on 16-bit data, whose result keeps six fraction
// bits (q6) instead of being rounded to u8 after each pass: faster, and nearer to the unrounded filter.
// What follows is adapted: v stands for v / 64 + 128.
#include "compiler/graph_edit.h"
#include "compiler/passes/pass.h"

namespace headrace::passes {

using namespace graph;

void widen_resample(Graph& g) {
  for (ValueId i = 0, n = ValueId(g.nodes.size()); i < n; ++i) {
    const Node node = g[i];
    if (node.op != Op::resample || node.text_attr("arith") != "pillow8") continue;
    auto attrs = node.attrs;
    attrs["arith"] = std::string("q14");
    const ValueId wide = emit(g, Op::resample, node.operands, attrs);
    g[wide].origins = node.origins;
    const ValueId u8 = emit(g, Op::convert, {wide}, {{"dtype", std::string("u8")}});
    for (ValueId user = 0; user < n; ++user) {
      const Node u = g[user];
      if (u.op != Op::affine || u.operands[0] != i) continue;
      std::vector<double> scale = u.list_attr("scale"), bias = u.list_attr("bias");
      for (size_t c = 0; c < scale.size(); ++c) {
        bias[c] = double(float(bias[c] + 128.0 * scale[c]));
        scale[c] = double(float(scale[c] / 64.0));
      }
      replace_uses(g, user, emit(g, Op::affine, {wide}, {{"scale", scale}, {"bias", bias}}));
    }
    replace_uses(g, i, u8, u8);
  }
  compact(g);
  infer(g);
}

}  // namespace headrace::passes
