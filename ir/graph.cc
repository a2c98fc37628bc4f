#include "ir/graph.h"

#include "ir/graph_ops.h"

namespace headrace::graph {

namespace {
constexpr OpInfo kOps[] = {
#define HR_GRAPH_OP(id, name, operands, attrs) {name, operands, attrs},
#include "ir/graph_ops.def"
#include "ir/graph_batch_ops.def"
#undef HR_GRAPH_OP
};
}  // namespace

const OpInfo& op_info(Op op) { return kOps[size_t(op)]; }
size_t op_count() { return std::size(kOps); }
std::string_view op_name(Op op) { return op_info(op).name; }

bool find_op(std::string_view name, Op& op) {
  for (size_t i = 0; i < std::size(kOps); ++i) {
    if (kOps[i].name == name) {
      op = Op(i);
      return true;
    }
  }
  return false;
}

Type image_type(Elem elem, int64_t height, int64_t width) {
  Type t;
  t.kind = Kind::image;
  t.elem = elem;
  t.height = height;
  t.width = width;
  return t;
}

Type pair_type(const Type& output) {
  Type t = output;
  t.kind = output.kind == Kind::tensor ? Kind::tensor_pair : Kind::vector_pair;
  return t;
}

// The ops of graph_batch_ops.def come last.
bool is_sample_op(Op op) { return op < Op::pair; }
bool is_batch_op(Op op) { return op >= Op::pair || op == Op::const_bool || op == Op::random_bool; }

std::string_view elem_name(Elem e) {
  switch (e) {
    case Elem::u8: return "u8";
    case Elem::q6: return "q6";
    case Elem::f16: return "f16";
    case Elem::bf16: return "bf16";
    case Elem::f32: return "f32";
  }
  return "?";
}

Elem elem_of(DType dtype) {
  switch (dtype) {
    case DType::u8: return Elem::u8;
    case DType::f16: return Elem::f16;
    case DType::bf16: return Elem::bf16;
    default: return Elem::f32;
  }
}

void compact(Graph& graph) {
  std::vector<ValueId> map(graph.nodes.size(), kNoValue);
  std::vector<Node> kept;
  // Depth-first from the record and the outputs; the text order of independent nodes follows first use.
  struct Frame {
    ValueId id;
    size_t next;
  };
  auto visit = [&](ValueId root) {
    if (map[root] != kNoValue) return;
    std::vector<Frame> stack{{root, 0}};
    while (!stack.empty()) {
      Frame& f = stack.back();
      const Node& n = graph.nodes[f.id];
      if (map[f.id] != kNoValue) {
        stack.pop_back();
      } else if (f.next < n.operands.size()) {
        const ValueId operand = n.operands[f.next++];
        if (map[operand] == kNoValue) stack.push_back({operand, 0});
      } else {
        Node moved = std::move(graph.nodes[f.id]);  // nobody comes here again
        for (ValueId& o : moved.operands) o = map[o];
        map[f.id] = ValueId(kept.size());
        kept.push_back(std::move(moved));
        stack.pop_back();
      }
    }
  };
  for (ValueId i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].op == Op::record) visit(i);
  }
  for (Output& o : graph.outputs) {
    visit(o.value);
    o.value = map[o.value];
  }
  graph.nodes = std::move(kept);
}

}  // namespace headrace::graph
