#include "ir/graph_batch.h"

#include <set>
#include <vector>

#include "ir/mixing.h"

namespace headrace::graph {
namespace {

Status bad(const Node& n, const std::string& message) {
  return Status("ir.verify", std::string(op_name(n.op)), message);
}

Expected<Type> plain(Kind kind) {
  Type t;
  t.kind = kind;
  return t;
}

// Only boxes of the very size come from cut_rect, the one op here that makes rectangles.
Expected<Type> infer_exchange(const Body& body, const Node& n) {
  const Type& t = body[n.operands[0]].type;
  const Node& box = body[n.operands[1]];
  if (box.op != Op::cut_rect) return bad(n, "operand 1 must be a cut_rect");
  if (box.int_attr("height") != t.height || box.int_attr("width") != t.width) {
    return bad(n, "the box is of an image of " + std::to_string(box.int_attr("height")) + " x " +
                      std::to_string(box.int_attr("width")) + ", the operand is " + type_text(t));
  }
  return t;
}

bool is_pair(Kind kind) { return kind == Kind::tensor_pair || kind == Kind::vector_pair; }

}  // namespace

Expected<Type> infer_batch_type(const Body& body, const Node& n) {
  switch (n.op) {
    case Op::pair:  // what it is of, verify_batch() knows
      if (!is_pair(n.type.kind)) return bad(n, "type must be a pair, is " + type_text(n.type));
      return n.type;
    case Op::random_interval:
    case Op::and_bool:
      return plain(Kind::boolean);
    case Op::random_beta:
      return plain(Kind::f64);
    case Op::cut_rect:
      return plain(Kind::rect);
    case Op::cut_share:
      if (body[n.operands[0]].op != Op::cut_rect) return bad(n, "operand 0 must be a cut_rect");
      return plain(Kind::f64);
    case Op::blend:
      return body[n.operands[0]].type;
    case Op::exchange:
      return infer_exchange(body, n);
    default:
      return bad(n, "unknown op");
  }
}

std::string check_batch_attrs(const Node& n) {
  if (n.op == Op::random_interval) {
    const double low = n.real_attr("low"), high = n.real_attr("high");
    if (!(low >= 0 && low <= high && high <= 1)) return "low and high must be 0 <= low <= high <= 1";
  }
  if (n.op == Op::random_beta) {
    const double alpha = n.real_attr("alpha");
    if (!(alpha >= mixing::kMinAlpha && alpha <= mixing::kMaxAlpha)) return "alpha must be 0.001 to 1000";
  }
  return "";
}

void verify_batch(const Graph& g, Status& status) {
  const Body& batch = g.batch;
  auto report = [&](size_t id, const std::string& message) {
    status.add("ir.verify", "batch %" + std::to_string(id) + " " + std::string(op_name(batch.nodes[id].op)),
               message);
  };
  // Pairs are changed in place: each is used once, and what began as an output ends as it.
  std::vector<int> uses(batch.nodes.size());
  std::vector<std::string> origin(batch.nodes.size());
  for (size_t i = 0; i < batch.nodes.size(); ++i) {
    const Node& n = batch.nodes[i];
    for (ValueId o : n.operands) ++uses[o];
    if (n.op != Op::pair) {
      if (is_pair(n.type.kind)) origin[i] = origin[n.operands[0]];
      continue;
    }
    origin[i] = n.text_attr("output");
    const Output* output = nullptr;
    for (const Output& o : g.outputs) {
      if (o.name == origin[i]) output = &o;
    }
    if (!output) {
      report(i, "there is no output \"" + origin[i] + "\"");
      continue;
    }
    const Type& type = g[output->value].type;
    if (type.kind != Kind::tensor && type.kind != Kind::vector) {
      report(i, "output \"" + origin[i] + "\" is " + type_text(type) + ", which cannot be mixed");
    } else if (!(n.type == pair_type(type))) {
      report(i, "type must be " + type_text(pair_type(type)) + ", is " + type_text(n.type));
    }
  }
  std::set<std::string> names;
  for (const Output& o : batch.outputs) {
    const std::string where = "batch output \"" + o.name + "\"";
    if (!names.insert(o.name).second) status.add("ir.verify", where, "is given twice");
    if (o.value >= batch.nodes.size()) {
      status.add("ir.verify", where, "names no value");
      continue;
    }
    ++uses[o.value];
    const Type& type = batch[o.value].type;
    if (!is_pair(type.kind)) {
      status.add("ir.verify", where, "must be a pair, is " + type_text(type));
    } else if (origin[o.value] != o.name) {
      status.add("ir.verify", where, "is made from the pair of output \"" + origin[o.value] + "\"");
    }
  }
  for (size_t i = 0; i < batch.nodes.size(); ++i) {
    if (is_pair(batch.nodes[i].type.kind) && uses[i] != 1) {
      report(i, "a pair must be used once, is used " + std::to_string(uses[i]) + " times");
    }
  }
}

}  // namespace headrace::graph
