#include <set>

#include "ir/graph.h"
#include "ir/graph_batch.h"
#include "ir/graph_ops.h"

namespace headrace::graph {
namespace {

constexpr int64_t kMaxDim = 65535;

bool kind_matches(char letter, Kind kind) {
  switch (letter) {
    case 'r': return kind == Kind::record;
    case 'c': return kind == Kind::coded;
    case 'i': return kind == Kind::i64;
    case 'f': return kind == Kind::f64;
    case 'b': return kind == Kind::boolean;
    case 's': return kind == Kind::size;
    case 't': return kind == Kind::rect;
    case 'k': return kind == Kind::scale;
    case 'm': return kind == Kind::image;
    case '*': return kind == Kind::coded || kind == Kind::image;
    case 'o': return kind == Kind::image || kind == Kind::tensor;
    case 'y': return kind == Kind::bytes;
    case 'n': return kind == Kind::image || kind == Kind::vector || kind == Kind::i64 || kind == Kind::f64;
    case 'v': return kind == Kind::vector;
    case 'p': return kind == Kind::tensor_pair || kind == Kind::vector_pair;
    case 'x': return kind == Kind::tensor_pair;
    default: return false;
  }
}

bool attr_matches(char letter, const Attr& a) {
  switch (letter) {
    case 'i': return std::holds_alternative<int64_t>(a);
    case 'd': return std::holds_alternative<double>(a);
    case 's': return std::holds_alternative<std::string>(a);
    case 'l': return std::holds_alternative<std::vector<double>>(a);
    default: return false;
  }
}

// "2 operands", or "1 or 2 operands" where the last may be left out.
std::string operand_count(std::string_view letters) {
  const bool optional = letters.find('?') != std::string_view::npos;
  const size_t most = letters.size() - (optional ? 1 : 0);
  return (optional ? std::to_string(most - 1) + " or " : "") + std::to_string(most) + (most == 1 ? " operand" : " operands");
}

std::string check_operands(const Body& g, size_t id) {
  const Node& n = g.nodes[id];
  const std::string_view letters = op_info(n.op).operands;
  size_t k = 0;
  for (size_t i = 0; i < letters.size(); ++i) {
    const bool optional = i + 1 < letters.size() && letters[i + 1] == '?';
    if (k >= n.operands.size()) {
      if (optional) {
        ++i;
        continue;
      }
      return "takes " + operand_count(letters) + ", has " + std::to_string(n.operands.size());
    }
    const ValueId o = n.operands[k];
    if (o >= id) return "operand " + std::to_string(k) + " is not defined before its use";
    if (!kind_matches(letters[i], g[o].type.kind)) {
      return "operand " + std::to_string(k) + " must not be " + type_text(g[o].type);
    }
    ++k;
    if (optional) ++i;
  }
  return k == n.operands.size() ? "" : "has too many operands";
}

std::string check_attr_values(const Node& n) {
  for (const char* key : {"height", "width", "short_side", "length", "classes"}) {
    const auto it = n.attrs.find(key);
    if (it == n.attrs.end()) continue;
    const int64_t v = std::get<int64_t>(it->second);
    if (v < 1 || v > kMaxDim) return std::string(key) + " must be 1 to 65535, is " + std::to_string(v);
  }
  if (n.op == Op::const_rect) {
    for (const char* key : {"left", "top"}) {
      const int64_t v = n.int_attr(key);  // sums of a few of them stay far from overflowing
      if (v < 0 || v > kMaxDim) return std::string(key) + " must be 0 to 65535, is " + std::to_string(v);
    }
  }
  if (n.op == Op::random_resized_crop_rect) {
    const auto& s = n.list_attr("scale");
    const auto& r = n.list_attr("ratio");
    if (s.size() != 2 || !(s[0] > 0) || !(s[0] <= s[1]) || !(s[1] <= 1)) return "scale must be two values with 0 < low <= high <= 1";
    if (r.size() != 2 || !(r[0] >= 1e-6) || !(r[0] <= r[1]) || !(r[1] <= 1e6)) return "ratio must be two values with 1e-6 <= low <= high <= 1e6";
  }
  if (n.op == Op::random_bool && !(n.real_attr("p") >= 0 && n.real_attr("p") <= 1)) return "p must be 0 to 1";
  if (n.op == Op::const_bool && n.int_attr("value") != 0 && n.int_attr("value") != 1) return "value must be 0 or 1";
  if (n.op == Op::resample && n.int_attr("planes") != 0 && n.int_attr("planes") != 1) return "planes must be 0 or 1";
  if (n.op == Op::label_smoothing && !(n.real_attr("epsilon") >= 0 && n.real_attr("epsilon") <= 1)) return "epsilon must be 0 to 1";
  return check_batch_attrs(n);
}

std::string check_attrs(const Node& n) {
  size_t expected = 0;
  std::string problem;
  for_each_attr(op_info(n.op), [&](std::string_view name, char letter) {
    ++expected;
    const auto it = n.attrs.find(std::string(name));
    if (it == n.attrs.end()) {
      problem = "lacks the attribute '" + std::string(name) + "'";
    } else if (!attr_matches(letter, it->second)) {
      problem = "attribute '" + std::string(name) + "' has the wrong type";
    }
  });
  if (!problem.empty()) return problem;
  if (n.attrs.size() != expected) return "has attributes the op does not know";
  return check_attr_values(n);
}

}  // namespace

namespace {

// The nodes of a part: of the batch's if `batch`, else of the sample's.
void verify_nodes(const Body& g, bool batch, Status& status) {
  auto report = [&](size_t id, const std::string& message) {
    status.add("ir.verify", (batch ? "batch %" : "%") + std::to_string(id) + " " + std::string(op_name(g.nodes[id].op)), message);
  };
  for (size_t i = 0; i < g.nodes.size(); ++i) {
    const Node& n = g.nodes[i];
    if (!(batch ? is_batch_op(n.op) : is_sample_op(n.op))) {
      report(i, batch ? "does not stand in the batch part" : "stands in the batch part only");
      continue;
    }
    std::string problem = check_operands(g, i);
    if (problem.empty()) problem = check_attrs(n);
    if (!problem.empty()) {
      report(i, problem);
      continue;
    }
    if (!status.ok()) continue;  // types follow from nodes that may be among the bad ones
    const auto type = infer_type(g, n);
    if (!type.ok()) {
      report(i, type.status().errors().front().message);
    } else if (!(*type == n.type)) {
      report(i, "type must be " + type_text(*type) + ", is " + type_text(n.type));
    }
    if (n.op == Op::record && i != 0) report(i, "the record is the first value, once");
  }
}

}  // namespace

Status verify(const Graph& g) {
  Status status;
  verify_nodes(g, false, status);
  if (g.nodes.empty() || g.nodes[0].op != Op::record) status.add("ir.verify", "graph", "the first value must be the record");
  if (g.outputs.empty()) status.add("ir.verify", "graph", "there are no outputs");
  std::set<std::string> names;
  for (const Output& o : g.outputs) {
    if (!names.insert(o.name).second) status.add("ir.verify", "output \"" + o.name + "\"", "is given twice");
    if (o.value >= g.nodes.size()) {
      status.add("ir.verify", "output \"" + o.name + "\"", "names no value");
      continue;
    }
    const Kind k = g[o.value].type.kind;
    if (k != Kind::tensor && k != Kind::scalar && k != Kind::row && k != Kind::vector) {
      status.add("ir.verify", "output \"" + o.name + "\"", "must be a tensor, a scalar, a row or a vector, is " + type_text(g[o.value].type));
    }
  }
  verify_nodes(g.batch, true, status);
  if (status.ok()) verify_batch(g, status);
  return status;
}

}  // namespace headrace::graph
