#include <map>

#include "ir/lexer.h"
#include "ir/loop.h"

namespace headrace::loop {
namespace {

class Printer {
 public:
  /// `lines`, if not null, is told where everything stands, in a text of which `line` is the next line.
  explicit Printer(const Function& f, Lines* lines = nullptr, int line = 1) : f_(f), lines_(lines), line_(line) {}

  int next_line() { return line(); }

  std::string run() {
    if (lines_) lines_->functions[&f_] = line_;
    out_ = "func @" + f_.name + "(";
    for (size_t i = 0; i < f_.params.size(); ++i) {
      if (i) out_ += ", ";
      out_ += define(f_.params[i]) + ": " + type_text(f_.types[f_.params[i]]);
    }
    out_ += ") {\n";
    block(f_.body, 1);
    out_ += "}\n";
    return out_;
  }

 private:
  std::string define(ValueId id) {
    const size_t n = names_.size();
    names_.emplace(id, n);
    return "%" + std::to_string(n);
  }
  std::string use(ValueId id) const {
    const auto it = names_.find(id);
    return it == names_.end() ? "%undefined" : "%" + std::to_string(it->second);
  }
  std::string uses(const std::vector<ValueId>& ids, size_t from = 0) const {
    std::string s;
    for (size_t i = from; i < ids.size(); ++i) s += (i > from ? ", " : "") + use(ids[i]);
    return s;
  }
  std::string type(ValueId id) const { return type_text(f_.types[id]); }
  static std::string ints(const std::vector<int32_t>& v) {
    std::string s = "[";
    for (size_t i = 0; i < v.size(); ++i) s += (i ? ", " : "") + std::to_string(v[i]);
    return s + "]";
  }
  std::string address(const Inst& i, size_t first) const {
    std::string s = use(i.operands[first]) + "[";
    if (i.operands.size() > first + 1) s += use(i.operands[first + 1]) + ", ";
    return s + std::to_string(i.imm) + "]";
  }

  void block(const Block& b, int depth) {
    for (const Inst& i : b.insts) inst(i, depth);
  }

  void nested(const Block& b, int depth) {
    out_ += "{\n";
    block(b, depth + 1);
    out_ += std::string(size_t(depth) * 2, ' ') + "}";
  }

  // The number of the line that is being written.
  int line() {
    for (; counted_ < out_.size(); ++counted_) line_ += out_[counted_] == '\n';
    return line_;
  }

  void inst(const Inst& i, int depth) {
    if (lines_) lines_->insts[&i] = line();
    out_ += std::string(size_t(depth) * 2, ' ');
    const std::string name(op_name(i.op));
    const size_t shown = i.op == Op::for_ ? i.operands.size() - 3 : i.results.size();
    // Uses are named before the results are, except in nested blocks, which come after.
    std::string left;
    auto results = [&] {
      for (size_t k = 0; k < shown; ++k) left += (k ? ", " : "") + define(i.results[k]);
      if (shown) left += " = ";
    };
    switch (op_form(i.op)) {
      case Form::constant: {
        const Type t = f_.types[i.results[0]];
        results();
        out_ += left + name + " ";
        if (i.op == Op::sequence) out_ += ints(i.ints);
        else out_ += is_float(t.scalar) ? text::real_text(i.real) : std::to_string(i.imm);
        out_ += " : " + type_text(t);
        break;
      }
      case Form::compare:
        results();
        out_ += left + name + " " + std::string(pred_name(i.pred)) + " " + uses(i.operands);
        break;
      case Form::shuffle:
        results();
        out_ += left + name + " " + uses(i.operands) + " " + ints(i.ints);
        break;
      case Form::extract:
        results();
        out_ += left + name + " " + uses(i.operands) + ", " + std::to_string(i.imm);
        break;
      case Form::load:
        results();
        out_ += left + name + " " + address(i, 0) + " : " + type(i.results[0]);
        break;
      case Form::expand:
        results();
        out_ += left + name + " " + use(i.operands[0]) + ", " + address(i, 1) + " : " + type(i.results[0]);
        break;
      case Form::store: out_ += name + " " + use(i.operands[0]) + ", " + address(i, 1); break;
      case Form::call:
        results();
        out_ += left + name + " @" + i.symbol + "(" + uses(i.operands) + ")";
        break;
      case Form::control: control(i, depth, shown, results, left); break;
      case Form::convert:
        results();
        out_ += left + name + " " + uses(i.operands) + " : " + type(i.results[0]);
        break;
      default:
        results();
        out_ += left + name + " " + uses(i.operands);
        break;
    }
    out_ += "\n";
  }

  template <class Results>
  void control(const Inst& i, int depth, size_t shown, Results&& results, std::string& left) {
    switch (i.op) {
      case Op::fence: out_ += "fence"; return;
      case Op::yield:
      case Op::check: out_ += std::string(op_name(i.op)) + " " + uses(i.operands); return;
      case Op::for_: {
        results();
        out_ += left + "for " + define(i.results[shown]) + " = " + use(i.operands[0]) + " to " + use(i.operands[1]) +
                " step " + use(i.operands[2]) + " ";
        if (shown) {
          out_ += "carry (";
          for (size_t k = 0; k < shown; ++k) {
            const std::string init = use(i.operands[3 + k]);
            out_ += (k ? ", " : "") + define(i.results[shown + 1 + k]) + " = " + init;
          }
          out_ += ") ";
        }
        nested(i.blocks[0], depth);
        return;
      }
      case Op::if_:
        results();
        out_ += left + "if " + use(i.operands[0]) + " ";
        nested(i.blocks[0], depth);
        if (!i.blocks[1].insts.empty()) {
          out_ += " else ";
          nested(i.blocks[1], depth);
        }
        return;
      default:
        out_ += "switch " + use(i.operands[0]) + " {\n";
        for (size_t k = 0; k < i.blocks.size(); ++k) {
          out_ += std::string(size_t(depth + 1) * 2, ' ');
          out_ += k < i.ints.size() ? "case " + std::to_string(i.ints[k]) + " " : "default ";
          nested(i.blocks[k], depth + 1);
          out_ += "\n";
        }
        out_ += std::string(size_t(depth) * 2, ' ') + "}";
        return;
    }
  }

  const Function& f_;
  Lines* lines_;
  int line_;
  size_t counted_ = 0;  // of out_, in line_
  std::string out_;
  std::map<ValueId, size_t> names_;
};

std::string print(const Module& m, Lines* lines) {
  std::string s;
  int line = 1;
  for (const Function& f : m.functions) {
    if (!s.empty()) {
      s += "\n";
      ++line;
    }
    Printer printer(f, lines, line);
    s += printer.run();
    line = printer.next_line();
  }
  return s;
}

}  // namespace

std::string print(const Function& f) { return Printer(f).run(); }
std::string print(const Module& m) { return print(m, nullptr); }
std::string print(const Module& m, Lines& lines) { return print(m, &lines); }

}  // namespace headrace::loop
