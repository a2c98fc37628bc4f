// Turns crops, resizes and flips into `resample` ops and joins neighbours: a crop before a resize becomes
// its source rectangle, one after it the window that is computed, flips become mirrored index tables, and
// a decode at the start reads only the source rectangle. Two resizes do not join.
#include "compiler/graph_edit.h"
#include "compiler/passes/pass.h"

namespace headrace::passes {
namespace {

using namespace graph;

// Operand positions of `resample`.
enum { kSource, kRect, kSize, kWindow, kPreH, kPreV, kPostH, kPostV };

ValueId no(Graph& g) { return emit(g, Op::const_bool, {}, {{"value", int64_t(0)}}); }

bool is_copy(const Node& n) { return n.op == Op::resample && n.text_attr("filter") == "none"; }

// The resample that means the same as a crop, resize or flip.
ValueId as_resample(Graph& g, const Node& n) {
  const ValueId f = no(g);
  const ValueId source = n.operands[0];
  const std::map<std::string, Attr> copy{
      {"filter", std::string("none")}, {"arith", std::string("copy")}, {"planes", int64_t(0)}};
  if (n.op == Op::crop) {
    const ValueId rect = n.operands[1];
    const ValueId size = emit(g, Op::rect_size, {rect});
    return emit(g, Op::resample, {source, rect, size, emit(g, Op::full_rect, {size}), f, f, f, f}, copy);
  }
  const ValueId in_size = emit(g, Op::image_size, {source});
  const ValueId in_rect = emit(g, Op::full_rect, {in_size});
  if (n.op == Op::flip) {
    return emit(g, Op::resample, {source, in_rect, in_size, in_rect, f, f, n.operands[1], n.operands[2]}, copy);
  }
  const ValueId window = emit(g, Op::full_rect, {n.operands[1]});
  return emit(g, Op::resample, {source, in_rect, n.operands[1], window, f, f, f, f},
              {{"filter", n.attrs.at("filter")}, {"arith", std::string("pillow8")}, {"planes", int64_t(0)}});
}

// Whether an image is what a function has left, or a part of that.
bool is_called(const Graph& g, ValueId image) {
  while (g[image].op == Op::crop || g[image].op == Op::flip || g[image].op == Op::resample) image = g[image].operands[0];
  return g[image].op == Op::call;
}

// The whole of an image as it is.
ValueId whole_image(Graph& g, ValueId source) {
  const ValueId f = no(g), size = emit(g, Op::image_size, {source}), rect = emit(g, Op::full_rect, {size});
  return emit(g, Op::resample, {source, rect, size, rect, f, f, f, f},
              {{"filter", std::string("none")}, {"arith", std::string("copy")}, {"planes", int64_t(0)}});
}

// Pixels come into a loop nest through a resample: where a map or a call follows a decode, or anything but a resample a
// call, there is one that copies.
void copy_unfused(Graph& g) {
  for (ValueId i = 0, n = ValueId(g.nodes.size()); i < n; ++i) {
    const bool decoded = g[i].op == Op::decode && g[i].operands.size() == 1;
    if (!decoded && g[i].op != Op::call) continue;
    ValueId copy = kNoValue;
    for (ValueId user = 0; user < n; ++user) {
      const Op op = g[user].op;
      if (op == Op::resample || op == Op::image_size || g[user].operands.empty() || g[user].operands[0] != i) continue;
      if (copy == kNoValue) {
        copy = whole_image(g, decoded ? g[i].operands[0] : i);
        g[copy].origins = g[i].origins;
      }
      g[user].operands[0] = copy;
    }
  }
}

// outer(inner(x)) as one resample, or kNoValue.
ValueId join(Graph& g, const Node& outer, const Node& inner) {
  auto xor_of = [&](ValueId a, ValueId b) { return emit(g, Op::xor_bool, {a, b}); };
  if (is_copy(outer)) {
    // The outer crop selects from the inner window, seen through the inner's final flip.
    const ValueId window_size = emit(g, Op::rect_size, {inner.operands[kWindow]});
    const ValueId seen = emit(g, Op::mirror_rect,
                              {outer.operands[kRect], window_size, inner.operands[kPostH], inner.operands[kPostV]});
    std::vector<ValueId> operands = inner.operands;
    if (is_copy(inner)) {
      operands[kRect] = emit(g, Op::compose_rect, {inner.operands[kRect], seen});
      operands[kSize] = emit(g, Op::rect_size, {operands[kRect]});
      operands[kWindow] = emit(g, Op::full_rect, {operands[kSize]});
    } else {
      operands[kWindow] = emit(g, Op::compose_rect, {inner.operands[kWindow], seen});
    }
    operands[kPostH] = xor_of(inner.operands[kPostH], outer.operands[kPostH]);
    operands[kPostV] = xor_of(inner.operands[kPostV], outer.operands[kPostV]);
    return emit(g, Op::resample, operands, inner.attrs);
  }
  if (is_copy(inner)) {
    const ValueId inner_size = emit(g, Op::rect_size, {inner.operands[kRect]});
    const ValueId seen = emit(g, Op::mirror_rect,
                              {outer.operands[kRect], inner_size, inner.operands[kPostH], inner.operands[kPostV]});
    std::vector<ValueId> operands = outer.operands;
    operands[kSource] = inner.operands[kSource];
    operands[kRect] = emit(g, Op::compose_rect, {inner.operands[kRect], seen});
    operands[kPreH] = xor_of(inner.operands[kPostH], outer.operands[kPreH]);
    operands[kPreV] = xor_of(inner.operands[kPostV], outer.operands[kPreV]);
    return emit(g, Op::resample, operands, outer.attrs);
  }
  return kNoValue;
}

}  // namespace

void fuse_resample(Graph& g) {
  for (ValueId i = 0, n = ValueId(g.nodes.size()); i < n; ++i) {
    const Node node = g[i];
    const bool moves_pixels = node.op == Op::crop || node.op == Op::resize || node.op == Op::flip;
    // Behind arithmetic only where hoist-geometry has not run: a resample takes u8, and what functions leave.
    if (moves_pixels && (g[node.operands[0]].type.elem == Elem::u8 || is_called(g, node.operands[0]))) {
      replace_uses(g, i, as_resample(g, node));
    }
  }
  canonicalize(g);
  bool changed = true;
  while (changed) {
    changed = false;
    for (ValueId i = 0; i < g.nodes.size() && !changed; ++i) {
      const Node node = g[i];
      if (node.op != Op::resample) continue;
      const Node inner = g[node.operands[kSource]];
      ValueId joined = kNoValue;
      if (inner.op == Op::decode && inner.operands.size() == 1) {
        std::vector<ValueId> operands = node.operands;
        operands[kSource] = inner.operands[0];
        joined = emit(g, Op::resample, operands, node.attrs);
      } else if (inner.op == Op::resample) {
        joined = join(g, node, inner);
      }
      if (joined == kNoValue) continue;
      g[joined].origins.merge(inner.origins);
      replace_uses(g, i, joined);
      changed = true;
    }
    canonicalize(g);
  }
  copy_unfused(g);
  canonicalize(g);
}

}  // namespace headrace::passes
