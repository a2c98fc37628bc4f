// Decides the loop nests: each resample with the pointwise ops, cast and layout behind it runs strip by
// strip as one nest, up to an output or to an image that another resample reads (which is the only kind
// of image that is ever written to memory). `strips` marks where a nest ends.
#include "compiler/graph_edit.h"
#include "compiler/passes/pass.h"

namespace headrace::passes {

using namespace graph;

void fuse_strips(Graph& g) {
  for (ValueId i = 0, n = ValueId(g.nodes.size()); i < n; ++i) {
    const Node node = g[i];
    const bool output = node.op == Op::layout;
    bool read_by_resample = false;
    if (node.type.kind == Kind::image) {
      for (ValueId user = 0; user < n; ++user) {
        if (g[user].op == Op::resample && g[user].operands[0] == i) read_by_resample = true;
      }
    }
    if (!output && !read_by_resample) continue;
    const ValueId marked = emit(g, Op::strips, {i});
    if (output) {
      for (Output& o : g.outputs) {
        if (o.value == i) o.value = marked;
      }
    } else {
      for (ValueId user = 0; user < n; ++user) {
        if (g[user].op == Op::resample && g[user].operands[0] == i) g[user].operands[0] = marked;
      }
    }
  }
  compact(g);
  infer(g);
}

}  // namespace headrace::passes
