#include "ir/graph.h"
#include "ir/lexer.h"

namespace headrace::graph {

namespace {
std::string dim(int64_t d) { return d == kDynamic ? "?" : std::to_string(d); }

std::string attr_text(const Attr& a) {
  if (const auto* i = std::get_if<int64_t>(&a)) return std::to_string(*i);
  if (const auto* d = std::get_if<double>(&a)) return text::real_text(*d);
  if (const auto* s = std::get_if<std::string>(&a)) return text::quoted(*s);
  std::string list = "[";
  for (double d : std::get<std::vector<double>>(a)) {
    if (list.size() > 1) list += ", ";
    list += text::real_text(d);
  }
  return list + "]";
}
}  // namespace

std::string type_text(const Type& t) {
  const std::string shape = dim(t.height) + " " + dim(t.width) + " " + dim(t.channels);
  switch (t.kind) {
    case Kind::record: return "record";
    case Kind::coded: return "coded";
    case Kind::i64: return "i64";
    case Kind::f64: return "f64";
    case Kind::boolean: return "bool";
    case Kind::size: return "size";
    case Kind::rect: return "rect";
    case Kind::scale: return "scale";
    case Kind::image: return "image<" + std::string(elem_name(t.elem)) + ", " + shape + ">";
    case Kind::tensor:
      return "tensor<" + std::string(elem_name(t.elem)) + ", " + shape + ", " + std::string(layout_name(t.layout)) + ">";
    case Kind::bytes: return "bytes";
    case Kind::row: return "row<" + dim(t.width) + ">";
    case Kind::vector: return "vector<" + std::string(elem_name(t.elem)) + ", " + dim(t.width) + ">";
    case Kind::tensor_pair:
      return "tensor_pair<" + std::string(elem_name(t.elem)) + ", " + shape + ", " + std::string(layout_name(t.layout)) + ">";
    case Kind::vector_pair: return "vector_pair<" + std::string(elem_name(t.elem)) + ", " + dim(t.width) + ">";
    case Kind::scalar: return "scalar<" + std::string(dtype_name(t.dtype)) + ">";
  }
  return "?";
}

static std::string body_text(const Body& g) {
  std::string s = "{\n";
  for (size_t i = 0; i < g.nodes.size(); ++i) {
    const Node& n = g.nodes[i];
    s += "  %" + std::to_string(i) + " = " + std::string(op_name(n.op));
    for (size_t k = 0; k < n.operands.size(); ++k) {
      s += (k ? ", %" : " %") + std::to_string(n.operands[k]);
    }
    if (!n.attrs.empty()) {
      s += " {";
      bool first = true;
      for (const auto& [key, value] : n.attrs) {
        if (!first) s += ", ";
        first = false;
        s += key + "=" + attr_text(value);
      }
      s += "}";
    }
    s += " : " + type_text(n.type) + "\n";
  }
  for (const Output& o : g.outputs) s += "  output " + text::quoted(o.name) + " %" + std::to_string(o.value) + "\n";
  return s + "}\n";
}

std::string print(const Graph& g) {
  std::string s = "graph " + std::string(numerics_name(g.numerics)) + " " + body_text(g);
  if (!g.batch.nodes.empty()) s += "batch " + body_text(g.batch);
  return s;
}

}  // namespace headrace::graph
