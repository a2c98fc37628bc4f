#include <map>

#include "ir/graph.h"
#include "ir/graph_ops.h"
#include "ir/lexer.h"

namespace headrace::graph {
namespace {

using text::Lexer;
using text::Token;

class Parser {
 public:
  explicit Parser(std::string_view text) : lex_(text) {}

  Expected<Graph> run() {
    if (!lex_.accept("graph")) return lex_.error("'graph'");
    if (lex_.accept("exact")) {
      graph_.numerics = Numerics::exact;
    } else if (!lex_.accept("fast")) {
      return lex_.error("'exact' or 'fast'");
    } else {
      graph_.numerics = Numerics::fast;
    }
    HR_RETURN_IF_ERROR(body(graph_));
    if (lex_.accept("batch")) {
      HR_RETURN_IF_ERROR(body(graph_.batch));
      if (graph_.batch.nodes.empty()) return lex_.fail("the batch part is empty");
    }
    if (lex_.kind() != Token::end) return lex_.error("the end of the text");
    HR_RETURN_IF_ERROR(verify(graph_));
    return std::move(graph_);
  }

 private:
  Status body(Body& body) {
    body_ = &body;
    names_.clear();
    if (!lex_.accept("{")) return lex_.error("'{'");
    while (!lex_.accept("}")) {
      HR_RETURN_IF_ERROR(lex_.kind() == Token::value ? node() : output());
    }
    return {};
  }

  Status operand(ValueId& id) {
    if (lex_.kind() != Token::value) return lex_.error("a value such as %0");
    const auto it = names_.find(std::string(lex_.lexeme()));
    if (it == names_.end()) return lex_.fail("%" + std::string(lex_.lexeme()) + " is not defined above");
    id = it->second;
    lex_.next();
    return {};
  }

  Status node() {
    const std::string name(lex_.lexeme());
    if (names_.count(name)) return lex_.fail("%" + name + " is defined twice");
    lex_.next();
    if (!lex_.accept("=")) return lex_.error("'='");
    Node n;
    if (lex_.kind() != Token::name) return lex_.error("an op");
    if (!find_op(lex_.lexeme(), n.op)) return lex_.fail("unknown op '" + std::string(lex_.lexeme()) + "'");
    lex_.next();
    if (lex_.kind() == Token::value) {
      do {
        ValueId id = kNoValue;
        HR_RETURN_IF_ERROR(operand(id));
        n.operands.push_back(id);
      } while (lex_.accept(","));
    }
    if (lex_.accept("{")) {
      do {
        HR_RETURN_IF_ERROR(attribute(n));
      } while (lex_.accept(","));
      if (!lex_.accept("}")) return lex_.error("'}'");
    }
    if (!lex_.accept(":")) return lex_.error("':' and a type");
    HR_RETURN_IF_ERROR(type(n.type));
    names_[name] = ValueId(body_->nodes.size());
    body_->nodes.push_back(std::move(n));
    return {};
  }

  Status attribute(Node& n) {
    if (lex_.kind() != Token::name) return lex_.error("an attribute name");
    const std::string key(lex_.lexeme());
    if (n.attrs.count(key)) return lex_.fail("attribute '" + key + "' is given twice");
    lex_.next();
    if (!lex_.accept("=")) return lex_.error("'='");
    if (lex_.kind() == Token::integer) {
      n.attrs[key] = lex_.integer();
    } else if (lex_.kind() == Token::real) {
      n.attrs[key] = lex_.real();
    } else if (lex_.kind() == Token::string) {
      n.attrs[key] = lex_.string();
    } else if (lex_.is("[")) {
      lex_.next();
      std::vector<double> list;
      while (!lex_.is("]")) {
        if (lex_.kind() != Token::real) return lex_.error("a number with a decimal point");
        list.push_back(lex_.real());
        lex_.next();
        if (!lex_.is("]") && !lex_.accept(",")) return lex_.error("',' or ']'");
      }
      n.attrs[key] = std::move(list);
    } else {
      return lex_.error("a number, a string or a list");
    }
    lex_.next();
    return {};
  }

  Status dim(int64_t& d) {
    if (lex_.accept("?")) {
      d = kDynamic;
      return {};
    }
    if (lex_.kind() != Token::integer || lex_.integer() < 1) return lex_.error("a dimension or '?'");
    d = lex_.integer();
    lex_.next();
    return {};
  }

  Status type(Type& t) {
    static const std::map<std::string_view, Kind> kinds = {
        {"record", Kind::record}, {"coded", Kind::coded},   {"i64", Kind::i64},     {"f64", Kind::f64},
        {"bool", Kind::boolean},  {"size", Kind::size},     {"rect", Kind::rect},   {"image", Kind::image},
        {"tensor", Kind::tensor}, {"scalar", Kind::scalar},
        {"bytes", Kind::bytes},   {"row", Kind::row},       {"vector", Kind::vector},
        {"tensor_pair", Kind::tensor_pair}, {"vector_pair", Kind::vector_pair}, {"scale", Kind::scale},
    };
    const auto it = kinds.find(lex_.lexeme());
    if (lex_.kind() != Token::name || it == kinds.end()) return lex_.error("a type");
    t.kind = it->second;
    lex_.next();
    if (t.kind == Kind::row) {
      if (!lex_.accept("<")) return lex_.error("'<'");
      HR_RETURN_IF_ERROR(dim(t.width));
      if (!lex_.accept(">")) return lex_.error("'>'");
    }
    if (t.kind == Kind::scalar) {
      if (!lex_.accept("<")) return lex_.error("'<'");
      bool found = false;
      for (DType d : {DType::u8, DType::f16, DType::bf16, DType::f32, DType::i64}) {
        if (lex_.is(dtype_name(d))) {
          t.dtype = d;
          found = true;
        }
      }
      if (!found) return lex_.error("a dtype");
      lex_.next();
      if (!lex_.accept(">")) return lex_.error("'>'");
    }
    const bool vector = t.kind == Kind::vector || t.kind == Kind::vector_pair;
    const bool laid_out = t.kind == Kind::tensor || t.kind == Kind::tensor_pair;
    if (t.kind != Kind::image && !laid_out && !vector) return {};
    if (!lex_.accept("<")) return lex_.error("'<'");
    bool found = false;
    for (Elem e : {Elem::u8, Elem::q6, Elem::f16, Elem::bf16, Elem::f32}) {
      if (lex_.is(elem_name(e))) {
        t.elem = e;
        found = true;
      }
    }
    if (!found) return lex_.error("an element type");
    lex_.next();
    if (vector) {
      if (!lex_.accept(",")) return lex_.error("','");
      HR_RETURN_IF_ERROR(dim(t.width));
      return lex_.accept(">") ? Status() : lex_.error("'>'");
    }
    if (!lex_.accept(",")) return lex_.error("','");
    HR_RETURN_IF_ERROR(dim(t.height));
    HR_RETURN_IF_ERROR(dim(t.width));
    HR_RETURN_IF_ERROR(dim(t.channels));
    if (laid_out) {
      if (!lex_.accept(",")) return lex_.error("',' and a layout");
      found = false;
      for (Layout l : {Layout::nhwc, Layout::nchw, Layout::channels_last}) {
        if (lex_.is(layout_name(l))) {
          t.layout = l;
          found = true;
        }
      }
      if (!found) return lex_.error("a layout");
      lex_.next();
    }
    if (!lex_.accept(">")) return lex_.error("'>'");
    return {};
  }

  Status output() {
    if (!lex_.accept("output")) return lex_.error("a node, 'output' or '}'");
    if (lex_.kind() != Token::string) return lex_.error("the output's name in quotes");
    Output o;
    o.name = lex_.string();
    lex_.next();
    HR_RETURN_IF_ERROR(operand(o.value));
    body_->outputs.push_back(std::move(o));
    return {};
  }

  Lexer lex_;
  Graph graph_;
  Body* body_ = nullptr;  // the part that is being read
  std::map<std::string, ValueId> names_;
};

}  // namespace

Expected<Graph> parse(std::string_view text) { return Parser(text).run(); }

}  // namespace headrace::graph
