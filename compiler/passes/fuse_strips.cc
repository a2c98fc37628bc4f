// Decides the loop nests: each resample with the pointwise ops, cast and layout behind it runs strip by
// strip as one nest, up to an output or to an image that another resample or a function reads (which is the
// only kind of image that is ever written to memory). `strips` marks where a nest ends.
#include "compiler/graph_edit.h"
#include "compiler/passes/pass.h"

namespace headrace::passes {

using namespace graph;

namespace {

bool reads_image(const Node& user, ValueId image) {
  return (user.op == Op::resample || user.op == Op::call) && user.operands[0] == image;
}

}  // namespace

void fuse_strips(Graph& g) {
  for (ValueId i = 0, n = ValueId(g.nodes.size()); i < n; ++i) {
    const Node node = g[i];
    if (node.op == Op::strips) continue;  // marked already
    if (node.op == Op::call) continue;    // no nest: it leaves an image by itself
    const bool output = node.op == Op::layout;
    bool read_again = false;
    if (node.type.kind == Kind::image) {
      for (ValueId user = 0; user < n; ++user) {
        if (reads_image(g[user], i)) read_again = true;
      }
    }
    if (!output && !read_again) continue;
    const ValueId marked = emit(g, Op::strips, {i});
    g[marked].origins = node.origins;
    if (output) {
      for (Output& o : g.outputs) {
        if (o.value == i) o.value = marked;
      }
    } else {
      for (ValueId user = 0; user < n; ++user) {
        if (reads_image(g[user], i)) g[user].operands[0] = marked;
      }
    }
  }
  compact(g);
  infer(g);
}

}  // namespace headrace::passes
