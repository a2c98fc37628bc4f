// Local simplifications that keep every byte: equal nodes are merged, ops that change nothing dropped,
// rectangle, flag and constant arithmetic folded, normalize written as the affine map it is defined to be.
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "compiler/graph_edit.h"
#include "compiler/passes/pass.h"
#include "ir/expr.h"
#include "ir/graph_interp.h"
#include "ir/graph_size.h"

namespace headrace::passes {
namespace {

using namespace graph;

// Whether `size` is the size of `image`, found through ops that keep it.
bool is_size_of(const Graph& g, ValueId size, ValueId image) {
  if (g[size].op != Op::image_size) return false;
  for (;;) {
    if (g[size].operands[0] == image) return true;
    const Node& n = g[image];
    const bool keeps = n.op == Op::flip || n.op == Op::call || is_pointwise(n.op) || (n.op == Op::decode && n.operands.size() == 1);
    if (!keeps) return false;
    image = n.operands[0];
  }
}

bool is_size_of_rect(const Graph& g, ValueId size, ValueId rect) {
  if (g[size].op == Op::rect_size && g[size].operands[0] == rect) return true;
  const StaticSize inner = static_size(g, size), outer = static_size(g, rect);
  return inner.known() && inner.height == outer.height && inner.width == outer.width;
}

// Computes what is constant in an expression.
ValueId simplify_map(Graph& g, const Node& n) {
  const std::string& text = n.text_attr("expr");
  const Expected<expr::Expr> e = expr::parse(text);
  if (!e.ok()) return kNoValue;
  std::string folded = expr::print(expr::fold(*e));
  if (folded == "x" && n.type == g[n.operands[0]].type) return n.operands[0];
  if (folded == text || folded.size() > expr::kMaxLength) return kNoValue;
  return emit(g, Op::map, {n.operands[0]}, {{"dtype", n.attrs.at("dtype")}, {"expr", std::move(folded)}});
}

// A value equal to node `id`, which may be new; kNoValue if there is nothing simpler.
ValueId simplify(Graph& g, ValueId id) {
  const Node n = g[id];
  auto operand = [&](size_t i) -> const Node& { return g[n.operands[i]]; };
  switch (n.op) {
    case Op::compose_rect:
      if (operand(0).op == Op::full_rect) return n.operands[1];
      // A full rectangle of the outer rectangle's own size is the outer rectangle.
      return operand(1).op == Op::full_rect && is_size_of_rect(g, operand(1).operands[0], n.operands[0]) ? n.operands[0] : kNoValue;
    case Op::rect_size: return operand(0).op == Op::full_rect ? operand(0).operands[0] : kNoValue;
    case Op::mirror_rect:
      if (known_bool(g, n.operands[2]) == 0 && known_bool(g, n.operands[3]) == 0) return n.operands[0];
      if (operand(0).op == Op::full_rect && operand(0).operands[0] == n.operands[1]) return n.operands[0];
      return kNoValue;
    case Op::xor_bool:
      for (size_t i : {0u, 1u}) {
        if (known_bool(g, n.operands[i]) == 0) return n.operands[1 - i];
      }
      if (n.operands[0] == n.operands[1] || (known_bool(g, n.operands[0]) == 1 && known_bool(g, n.operands[1]) == 1)) {
        return emit(g, Op::const_bool, {}, {{"value", int64_t(0)}});
      }
      return kNoValue;
    case Op::image_size:
      if (operand(0).type.kind == Kind::image && operand(0).type.height != kDynamic && operand(0).type.width != kDynamic) {
        return emit(g, Op::const_size, {}, {{"height", operand(0).type.height}, {"width", operand(0).type.width}});
      }
      if (operand(0).op == Op::resize) return operand(0).operands[1];
      if (operand(0).op == Op::crop) return emit(g, Op::rect_size, {operand(0).operands[1]});
      if (operand(0).op == Op::decode && operand(0).operands.size() == 1) return emit(g, Op::image_size, {operand(0).operands[0]});
      if (operand(0).op == Op::flip || operand(0).op == Op::call || is_pointwise(operand(0).op)) {
        return emit(g, Op::image_size, {operand(0).operands[0]});
      }
      if (operand(0).op == Op::resample) return emit(g, Op::rect_size, {operand(0).operands[3]});
      return kNoValue;
    case Op::crop:
      return operand(1).op == Op::full_rect && is_size_of(g, operand(1).operands[0], n.operands[0]) ? n.operands[0] : kNoValue;
    case Op::flip: return known_bool(g, n.operands[1]) == 0 && known_bool(g, n.operands[2]) == 0 ? n.operands[0] : kNoValue;
    case Op::convert:
      return operand(0).type == n.type ? n.operands[0] : kNoValue;
    case Op::normalize: {
      std::vector<double> scale, bias;
      normalize_constants(n.list_attr("mean"), n.list_attr("std"), n.int_attr("range"), operand(0).type.elem, scale, bias);
      return emit(g, Op::affine, {n.operands[0]}, {{"scale", scale}, {"bias", bias}});
    }
    case Op::affine:  // u8 to f32 is exact, and affine converts by itself
      if (operand(0).op == Op::convert && operand(0).type.elem == Elem::f32 && g[operand(0).operands[0]].type.elem == Elem::u8) {
        const Origins origins = operand(0).origins;
        const ValueId affine = emit(g, Op::affine, {operand(0).operands[0]}, n.attrs);
        g[affine].origins = origins;
        return affine;
      }
      return kNoValue;
    case Op::map: return simplify_map(g, n);
    default: return kNoValue;
  }
}

std::string node_text(const Graph& g, ValueId id) {
  Graph one;
  one.nodes.assign(1, g.nodes[id]);
  return print(one);
}

// Nodes are equal if their texts are; printing takes time, so only those are printed that could be.
bool merge_equal(Graph& g) {
  std::map<std::pair<Op, std::vector<ValueId>>, std::vector<ValueId>> seen;
  bool changed = false;
  for (ValueId i = 0; i < g.nodes.size(); ++i) {
    std::vector<ValueId>& alike = seen[{g.nodes[i].op, g.nodes[i].operands}];
    const auto equal = std::find_if(alike.begin(), alike.end(),
                                    [&](ValueId other) { return node_text(g, other) == node_text(g, i); });
    if (equal == alike.end()) {
      alike.push_back(i);
    } else {
      replace_uses(g, i, *equal);
      changed = true;
    }
  }
  return changed;
}

}  // namespace

void canonicalize(Graph& g) {
  bool changed = true;
  while (changed) {
    changed = false;
    for (ValueId i = 0; i < g.nodes.size(); ++i) {
      const ValueId simpler = simplify(g, i);
      if (simpler == kNoValue || simpler == i) continue;
      bool used = false;
      for (const Node& n : g.nodes) {
        for (ValueId o : n.operands) used = used || o == i;
      }
      for (const Output& o : g.outputs) used = used || o.value == i;
      if (!used) continue;
      replace_uses(g, i, simpler);
      changed = true;
    }
    compact(g);
    if (merge_equal(g)) {
      compact(g);
      changed = true;
    }
  }
  infer(g);
}

}  // namespace headrace::passes
