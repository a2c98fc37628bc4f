#include "compiler/lower/vector_output.h"

#include <bit>

#include "compiler/lower/abi_layout.h"
#include "compiler/lower/stages.h"
#include "ir/graph_interp.h"
#include "ir/numeric.h"

namespace headrace::lowering {

using graph::Elem;
using graph::Graph;
using graph::Node;
using graph::ValueId;
using loop::Builder;
using loop::Scalar;
using loop::V;

namespace {

// The elements of a vector where the label does not and does stand: the ops applied to 0 and 1.
graph::ImageValue two_values(const Graph& g, ValueId id) {
  const Node& n = g[id];
  if (n.op == graph::Op::one_hot) return graph::one_hot_vector(1, 2);
  const graph::ImageValue in = two_values(g, n.operands[0]);
  if (n.op == graph::Op::label_smoothing)
    return graph::smooth_vector(in, n.real_attr("epsilon"), n.type.width);
  return graph::convert_image(in, n.type.elem);
}

int64_t bits_of(Elem elem, float v) {
  if (elem == Elem::f16) return num::f32_to_f16(v);
  return elem == Elem::bf16 ? int64_t(num::f32_to_bf16(v)) : int64_t(std::bit_cast<int32_t>(v));
}

}  // namespace

ValueId one_hot_of(const Graph& g, ValueId id) {
  while (g[id].op != graph::Op::one_hot) id = g[id].operands[0];
  return id;
}

void store_vector(const Graph& g, ValueId vector, V label, V out, V error, int vector_bits) {
  Builder& b = *label.b;
  const Elem elem = g[vector].type.elem;
  const int64_t count = g[vector].type.width, unit = elem_bytes(elem);
  const V classes = b.i64(count);
  // Unsigned: a negative label is above every class.
  b.if_(b.compare(loop::Pred::ule, classes, label), [&] { fail(error, HR_E_LABEL, {label, classes}); });
  const graph::ImageValue values = two_values(g, vector);
  const loop::Type one = loop::vec(elem == Elem::f32 ? Scalar::i32 : Scalar::i16, 1);
  const loop::Type many = loop::vec(one.scalar, int(vector_bits / 8 / unit));
  const int64_t whole = count / many.lanes * many.lanes;
  auto fill = [&](int64_t begin, int64_t end, loop::Type t) {
    if (begin == end) return;
    const V other = b.constant(t, bits_of(elem, values.floats[0]));
    b.for_(b.i64(begin), b.i64(end), b.i64(t.lanes), [&](V i) { b.store(other, out, i * unit); });
  };
  fill(0, whole, many);
  fill(whole, count, one);
  b.store(b.constant(one, bits_of(elem, values.floats[1])), out, label * unit);
}

}  // namespace headrace::lowering
