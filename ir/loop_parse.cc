#include <map>

#include "ir/lexer.h"
#include "ir/loop.h"

namespace headrace::loop {
namespace {

using text::Lexer;
using text::Token;

constexpr int kMaxDepth = 64;

class Parser {
 public:
  Parser(std::string_view text, Places* places) : lex_(text), places_(places) {}

  Expected<Module> run() {
    Module m;
    while (lex_.kind() != Token::end) {
      f_ = Function();
      names_.clear();
      HR_RETURN_IF_ERROR(function());
      m.functions.push_back(std::move(f_));
    }
    return m;
  }

 private:
  Status expect(std::string_view s) {
    if (!lex_.accept(s)) return lex_.error("'" + std::string(s) + "'");
    return {};
  }

  // Names a value whose type is filled in once known.
  Status define(ValueId& id) {
    if (lex_.kind() != Token::value) return lex_.error("a value such as %0");
    const std::string name(lex_.lexeme());
    if (names_.count(name)) return lex_.fail("%" + name + " is defined twice");
    id = ValueId(f_.types.size());
    f_.types.push_back({});
    names_[name] = id;
    lex_.next();
    return {};
  }

  Status use(ValueId& id) {
    if (lex_.kind() != Token::value) return lex_.error("a value such as %0");
    const auto it = names_.find(std::string(lex_.lexeme()));
    if (it == names_.end()) return lex_.fail("%" + std::string(lex_.lexeme()) + " is not defined above");
    id = it->second;
    lex_.next();
    return {};
  }

  Status use_into(Inst& i) {
    ValueId id = 0;
    HR_RETURN_IF_ERROR(use(id));
    i.operands.push_back(id);
    return {};
  }

  Status use_list(Inst& i) {
    do {
      HR_RETURN_IF_ERROR(use_into(i));
    } while (lex_.accept(","));
    return {};
  }

  Status type(Type& t) {
    if (lex_.kind() != Token::name) return lex_.error("a type");
    std::string_view s = lex_.lexeme();
    const size_t x = s.find('x');
    const std::string_view base = s.substr(0, x);
    bool found = false;
    for (int k = 0; k <= int(Scalar::ptr); ++k) {
      if (base == type_text({Scalar(k), 1})) {
        t.scalar = Scalar(k);
        found = true;
      }
    }
    t.lanes = 1;
    if (x != std::string_view::npos) {
      int lanes = 0;
      for (char c : s.substr(x + 1)) {
        if (c < '0' || c > '9' || lanes > 64) found = false;
        else lanes = lanes * 10 + (c - '0');
      }
      if (lanes < 2 || lanes > 64) found = false;
      t.lanes = uint16_t(lanes);
    }
    if (!found) return lex_.error("a type such as i64 or f32x16");
    lex_.next();
    return {};
  }

  Status integer(int64_t& v) {
    if (lex_.kind() != Token::integer) return lex_.error("an integer");
    v = lex_.integer();
    lex_.next();
    return {};
  }

  Status int_list(std::vector<int32_t>& out) {
    HR_RETURN_IF_ERROR(expect("["));
    while (!lex_.accept("]")) {
      int64_t v = 0;
      HR_RETURN_IF_ERROR(integer(v));
      if (v < INT32_MIN || v > INT32_MAX) return lex_.fail("the list's values must fit 32 bits");
      out.push_back(int32_t(v));
      if (!lex_.is("]")) HR_RETURN_IF_ERROR(expect(","));
    }
    return {};
  }

  Status function() {
    HR_RETURN_IF_ERROR(expect("func"));
    if (lex_.kind() != Token::symbol) return lex_.error("the function's name, such as @run");
    f_.name = lex_.lexeme();
    lex_.next();
    HR_RETURN_IF_ERROR(expect("("));
    while (!lex_.accept(")")) {
      ValueId id = 0;
      HR_RETURN_IF_ERROR(define(id));
      HR_RETURN_IF_ERROR(expect(":"));
      HR_RETURN_IF_ERROR(type(f_.types[id]));
      f_.params.push_back(id);
      if (!lex_.is(")")) HR_RETURN_IF_ERROR(expect(","));
    }
    return block(f_.body, 0);
  }

  Status block(Block& b, int depth) {
    if (depth > kMaxDepth) return lex_.fail("blocks are nested too deeply");
    HR_RETURN_IF_ERROR(expect("{"));
    while (!lex_.accept("}")) {
      Inst i{};
      HR_RETURN_IF_ERROR(inst(i, depth));
      b.insts.push_back(std::move(i));
    }
    return {};
  }

  Status inst(Inst& i, int depth) {
    if (places_) places_->push_back(lex_.place());
    while (lex_.kind() == Token::value) {
      ValueId id = 0;
      HR_RETURN_IF_ERROR(define(id));
      i.results.push_back(id);
      if (!lex_.accept(",")) {
        HR_RETURN_IF_ERROR(expect("="));
        break;
      }
    }
    if (lex_.kind() != Token::name) return lex_.error("an op");
    if (!find_op(lex_.lexeme(), i.op)) return lex_.fail("unknown op '" + std::string(lex_.lexeme()) + "'");
    const bool many = i.op == Op::for_ || i.op == Op::if_;
    const bool none = i.op == Op::store || i.op == Op::store_stream || i.op == Op::yield || i.op == Op::check ||
                      i.op == Op::fence || i.op == Op::switch_;
    if (!many && i.results.size() != (none ? 0u : 1u)) return lex_.fail(std::string(op_name(i.op)) + (none ? " has no result" : " has one result"));
    lex_.next();
    switch (op_form(i.op)) {
      case Form::constant: return constant(i);
      case Form::compare: return compare(i);
      case Form::shuffle: {
        HR_RETURN_IF_ERROR(use_list(i));
        HR_RETURN_IF_ERROR(int_list(i.ints));
        if (i.ints.size() < 2 || i.ints.size() > 64) return lex_.fail("a shuffle has 2 to 64 lanes");
        result(i) = vec(operand(i).scalar, int(i.ints.size()));
        return {};
      }
      case Form::extract:
        HR_RETURN_IF_ERROR(use_into(i));
        HR_RETURN_IF_ERROR(expect(","));
        HR_RETURN_IF_ERROR(integer(i.imm));
        result(i) = vec(operand(i).scalar, 1);
        return {};
      case Form::load:
        HR_RETURN_IF_ERROR(address(i));
        HR_RETURN_IF_ERROR(expect(":"));
        return type(result(i));
      case Form::expand:
        HR_RETURN_IF_ERROR(use_into(i));
        HR_RETURN_IF_ERROR(expect(","));
        HR_RETURN_IF_ERROR(address(i));
        HR_RETURN_IF_ERROR(expect(":"));
        return type(result(i));
      case Form::store:
        HR_RETURN_IF_ERROR(use_into(i));
        HR_RETURN_IF_ERROR(expect(","));
        return address(i);
      case Form::call: return call(i);
      case Form::control: return control(i, depth);
      case Form::convert:
        HR_RETURN_IF_ERROR(use_list(i));
        HR_RETURN_IF_ERROR(expect(":"));
        return type(result(i));
      case Form::unary:
      case Form::binary:
        HR_RETURN_IF_ERROR(use_list(i));
        result(i) = operand(i);
        return {};
      case Form::ternary:
        HR_RETURN_IF_ERROR(use_list(i));
        result(i) = f_.types[i.operands[i.operands.size() > 1 ? 1 : 0]];
        return {};
    }
    return {};
  }

  Type& result(const Inst& i) { return f_.types[i.results[0]]; }
  Type operand(const Inst& i) const { return f_.types[i.operands[0]]; }

  Status constant(Inst& i) {
    const bool real = lex_.kind() == Token::real;
    if (i.op == Op::sequence) {
      HR_RETURN_IF_ERROR(int_list(i.ints));
    } else if (real) {
      i.real = lex_.real();
      lex_.next();
    } else {
      HR_RETURN_IF_ERROR(integer(i.imm));
    }
    HR_RETURN_IF_ERROR(expect(":"));
    const Lexer at = lex_;
    HR_RETURN_IF_ERROR(type(result(i)));
    if (i.op == Op::sequence || real == is_float(result(i).scalar)) return {};
    return at.fail(type_text(result(i)) + (real ? " takes an integer" : " takes a number with a decimal point"));
  }

  Status compare(Inst& i) {
    bool found = false;
    for (int p = 0; p <= int(Pred::ule); ++p) {
      if (lex_.is(pred_name(Pred(p)))) {
        i.pred = Pred(p);
        found = true;
      }
    }
    if (!found) return lex_.error("a predicate");
    lex_.next();
    HR_RETURN_IF_ERROR(use_list(i));
    result(i) = vec(Scalar::i1, operand(i).lanes);
    return {};
  }

  Status address(Inst& i) {
    HR_RETURN_IF_ERROR(use_into(i));
    HR_RETURN_IF_ERROR(expect("["));
    if (lex_.kind() == Token::value) {
      HR_RETURN_IF_ERROR(use_into(i));
      HR_RETURN_IF_ERROR(expect(","));
    }
    HR_RETURN_IF_ERROR(integer(i.imm));
    return expect("]");
  }

  Status call(Inst& i) {
    if (lex_.kind() != Token::symbol) return lex_.error("a function such as @name");
    i.symbol = lex_.lexeme();
    lex_.next();
    HR_RETURN_IF_ERROR(expect("("));
    if (!lex_.is(")")) HR_RETURN_IF_ERROR(use_list(i));
    result(i) = kI32;
    return expect(")");
  }

  Status control(Inst& i, int depth) {
    switch (i.op) {
      case Op::yield: return use_list(i);
      case Op::check: return use_into(i);
      case Op::fence: return {};
      case Op::for_: return for_loop(i, depth);
      case Op::if_: {
        HR_RETURN_IF_ERROR(use_into(i));
        i.blocks.resize(2);
        HR_RETURN_IF_ERROR(block(i.blocks[0], depth + 1));
        if (lex_.accept("else")) HR_RETURN_IF_ERROR(block(i.blocks[1], depth + 1));
        if (i.results.empty()) return {};
        const auto& insts = i.blocks[0].insts;
        if (insts.empty() || insts.back().op != Op::yield || insts.back().operands.size() != i.results.size()) {
          return lex_.fail("the branch must yield as many values as the if has results");
        }
        for (size_t k = 0; k < i.results.size(); ++k) f_.types[i.results[k]] = f_.types[insts.back().operands[k]];
        return {};
      }
      default: return switch_cases(i, depth);
    }
  }

  Status for_loop(Inst& i, int depth) {
    const size_t carried = i.results.size();
    ValueId induction = 0;
    HR_RETURN_IF_ERROR(define(induction));
    HR_RETURN_IF_ERROR(expect("="));
    HR_RETURN_IF_ERROR(use_into(i));
    HR_RETURN_IF_ERROR(expect("to"));
    HR_RETURN_IF_ERROR(use_into(i));
    HR_RETURN_IF_ERROR(expect("step"));
    HR_RETURN_IF_ERROR(use_into(i));
    f_.types[induction] = operand(i);
    i.results.push_back(induction);
    if (carried) {
      HR_RETURN_IF_ERROR(expect("carry"));
      HR_RETURN_IF_ERROR(expect("("));
      for (size_t k = 0; k < carried; ++k) {
        if (k) HR_RETURN_IF_ERROR(expect(","));
        ValueId id = 0;
        HR_RETURN_IF_ERROR(define(id));
        HR_RETURN_IF_ERROR(expect("="));
        HR_RETURN_IF_ERROR(use_into(i));
        f_.types[id] = f_.types[i.results[k]] = f_.types[i.operands.back()];
        i.results.push_back(id);
      }
      HR_RETURN_IF_ERROR(expect(")"));
    }
    i.blocks.resize(1);
    return block(i.blocks[0], depth + 1);
  }

  Status switch_cases(Inst& i, int depth) {
    HR_RETURN_IF_ERROR(use_into(i));
    HR_RETURN_IF_ERROR(expect("{"));
    while (lex_.accept("case")) {
      int64_t v = 0;
      HR_RETURN_IF_ERROR(integer(v));
      if (v < INT32_MIN || v > INT32_MAX) return lex_.fail("a case must fit 32 bits");
      i.ints.push_back(int32_t(v));
      i.blocks.emplace_back();
      HR_RETURN_IF_ERROR(block(i.blocks.back(), depth + 1));
    }
    HR_RETURN_IF_ERROR(expect("default"));
    i.blocks.emplace_back();
    HR_RETURN_IF_ERROR(block(i.blocks.back(), depth + 1));
    return expect("}");
  }

  Lexer lex_;
  Places* places_;
  Function f_;
  std::map<std::string, ValueId> names_;
};

}  // namespace

Expected<Module> parse(std::string_view text, Places* places) { return Parser(text, places).run(); }

}  // namespace headrace::loop
