// Expressions from text, by recursive descent; types are checked on the way.
#include <charconv>
#include <cmath>

#include "headrace/counted.h"
#include "ir/expr.h"
#include "ir/expr_table.h"
#include "ir/lexer.h"

namespace headrace::expr {
namespace {

constexpr size_t kShownText = 40;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::string shown(std::string_view text) {
  return text.size() <= kShownText ? text::quoted(text) : text::quoted(text.substr(0, kShownText)) + "...";
}

std::vector<std::string_view> names_of(std::span<const Word> words) {
  std::vector<std::string_view> names;
  for (const Word& w : words) names.push_back(w.name);
  return names;
}

class Parser {
 public:
  Parser(std::string_view text, Hint hint) : text_(text), hint_(hint) {}

  Expected<Expr> run(size_t max_length) {
    if (text_.size() > max_length) {
      return Status("ir.expression", "",
                    "expected at most " + std::to_string(max_length) + " characters, found " +
                        std::to_string(text_.size()));
    }
    next();
    Part result;
    HR_RETURN_IF_ERROR(binary(1, result));
    if (kind_ != Token::end) return unexpected("an operator or the end");
    HR_RETURN_IF_ERROR(expect(result, Kind::number));
    return std::move(e_);
  }

 private:
  enum class Token : uint8_t { end, number, name, sign, bad };

  struct Part {
    uint32_t node = 0;
    size_t column = 0;
  };

  void next() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
    start_ = at_;
    if (at_ == text_.size()) {
      kind_ = Token::end;
      return;
    }
    const char c = text_[at_];
    const bool point = c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]);
    if (is_digit(c) || point) {
      kind_ = Token::number;
      // Everything that hangs together, so that "1.2.3" and "2x" are found to be no numbers.
      while (at_ < text_.size() &&
             (is_digit(text_[at_]) || is_letter(text_[at_]) || text_[at_] == '.' || in_exponent()))
        ++at_;
    } else if (is_letter(c)) {
      kind_ = Token::name;
      while (at_ < text_.size() && (is_digit(text_[at_]) || is_letter(text_[at_]))) ++at_;
    } else {
      sign();
    }
  }

  // Whether the sign here is that of an exponent: "1e-3".
  bool in_exponent() const {
    const char c = text_[at_], before = text_[at_ - 1];
    return (c == '+' || c == '-') && (before == 'e' || before == 'E') && at_ + 1 < text_.size() &&
           is_digit(text_[at_ + 1]);
  }

  void sign() {
    const std::string_view rest = text_.substr(at_);
    kind_ = Token::sign;
    for (const Binary& b : binaries()) {
      if (!rest.starts_with(b.text)) continue;
      at_ += b.text.size();
      return;
    }
    if (std::string_view("(),!").find(rest[0]) == std::string_view::npos) kind_ = Token::bad;
    ++at_;
  }

  std::string_view token() const { return text_.substr(start_, at_ - start_); }
  bool is(std::string_view sign) const { return kind_ == Token::sign && token() == sign; }
  bool accept(std::string_view sign) {
    if (!is(sign)) return false;
    next();
    return true;
  }

  Status fail(size_t start, std::string message) const {
    return {"ir.expression", "column " + std::to_string(start + 1), std::move(message)};
  }
  Status unexpected(const std::string& expected) const {
    std::string found = kind_ == Token::end ? "the end" : shown(token());
    if (kind_ == Token::bad && static_cast<unsigned char>(text_[start_]) >= 0x80)
      found = "a character that is not ASCII";
    if (kind_ == Token::bad && token() == "=") found += " (to compare, write \"==\")";
    return fail(start_, "expected " + expected + ", found " + found);
  }

  Part add(Op op, size_t column, std::array<uint32_t, 3> operands = {}, float value = 0) {
    e_.nodes.push_back({op, value, operands});
    return {uint32_t(e_.nodes.size() - 1), column};
  }

  Status expect(const Part& part, Kind kind) const {
    const bool condition = is_condition(e_.nodes[part.node].op);
    if (condition == (kind == Kind::condition)) return {};
    return fail(part.column,
                condition
                    ? "expected a number, found a condition; select(CONDITION, a, b) makes a number of it"
                    : "expected a condition such as x < 128, found a number");
  }

  const Binary* operator_here(int least) const {
    if (kind_ != Token::sign) return nullptr;
    for (const Binary& b : binaries()) {
      if (token() == b.text && b.precedence >= least) return &b;
    }
    return nullptr;
  }

  // Operators of a precedence of at least `least`.
  Status binary(int least, Part& left) {
    HR_RETURN_IF_ERROR(unary(left));
    bool compared = false;
    while (const Binary* b = operator_here(least)) {
      if (b->precedence == kComparison && compared) {
        return fail(start_, "comparisons do not chain; write a < b && b < c");
      }
      compared = b->precedence == kComparison;
      next();
      Part right;
      HR_RETURN_IF_ERROR(binary(b->precedence + 1, right));
      HR_RETURN_IF_ERROR(expect(left, b->operands));
      HR_RETURN_IF_ERROR(expect(right, b->operands));
      left = add(b->op, left.column, {left.node, right.node, 0});
    }
    return {};
  }

  Status unary(Part& out) {
    if (++depth_ > kMaxDepth) return fail(start_, "nested more than " + std::to_string(kMaxDepth) + " deep");
    const size_t column = start_;
    Status status;
    if (accept("-")) {
      status = negated(column, out);
    } else if (accept("!")) {
      status = unary(out);
      if (status.ok()) status = expect(out, Kind::condition);
      if (status.ok()) out = add(Op::not_, column, {out.node, 0, 0});
    } else {
      status = primary(out);
    }
    --depth_;
    return status;
  }

  // A number with a sign is one number.
  Status negated(size_t column, Part& out) {
    HR_RETURN_IF_ERROR(unary(out));
    HR_RETURN_IF_ERROR(expect(out, Kind::number));
    Node& n = e_.nodes[out.node];
    if (n.op == Op::number && !std::signbit(n.value)) {
      n.value = -n.value;
      out.column = column;
    } else {
      out = add(Op::negate, column, {out.node, 0, 0});
    }
    return {};
  }

  Status primary(Part& out) {
    if (kind_ == Token::number) return number(out);
    if (kind_ == Token::name) return name(out);
    if (!accept("(")) return unexpected("a number, a name, \"(\" or \"-\"");
    HR_RETURN_IF_ERROR(binary(1, out));
    return accept(")") ? Status() : unexpected("an operator or \")\"");
  }

  Status number(Part& out) {
    const std::string_view text = token();
    float value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return unexpected("a number such as 2, 0.5 or 1e-3");
    // Where the standard library rounds to zero and where it reports an error is not the same everywhere.
    const size_t mantissa = text.find_first_of("eE");
    const bool zero = text.substr(0, mantissa).find_first_of("123456789") == std::string_view::npos;
    if (error != std::errc() || !std::isfinite(value) || (value == 0 && !zero))
      return unexpected("a number that f32 can hold");
    out = add(Op::number, start_, {}, value);
    next();
    return {};
  }

  Status name(Part& out) {
    const std::string_view name = token();
    const size_t column = start_;
    next();
    const bool called = is("(");
    for (const Word& w : variables()) {
      if (w.name != name) continue;
      if (called) return fail(column, shown(name) + " is a variable, not a function");
      out = add(w.op, column);
      return {};
    }
    for (const Word& w : functions()) {
      if (w.name == name) return arguments(w, column, out);
    }
    const auto names = names_of(called ? functions() : variables());
    return fail(column, std::string(called ? "unknown function " : "unknown name ") + shown(name) +
                            (hint_ != nullptr ? hint_(name, names) : ""));
  }

  Status arguments(const Word& function, size_t column, Part& out) {
    if (!accept("(")) return unexpected("\"(\" after " + shown(function.name));
    std::vector<Part> parts;
    do {
      HR_RETURN_IF_ERROR(binary(1, parts.emplace_back()));
    } while (accept(","));
    if (!is(")")) return unexpected("an operator, \",\" or \")\"");
    const auto count = size_t(operand_count(function.op));
    if (parts.size() != count) {
      return fail(column, shown(function.name) + " takes " + counted(count, "argument") + ", found " +
                              std::to_string(parts.size()));
    }
    next();
    std::array<uint32_t, 3> operands{};
    for (size_t i = 0; i < count; ++i) {
      HR_RETURN_IF_ERROR(expect(parts[i], operand_kind(function.op, int(i))));
      operands[i] = parts[i].node;
    }
    out = add(function.op, column, operands);
    return {};
  }

  std::string_view text_;
  Hint hint_;
  size_t at_ = 0, start_ = 0;  // of the text that is left, and of the token
  Token kind_ = Token::end;
  int depth_ = 0;
  Expr e_;
};

}  // namespace

Expected<Expr> parse(std::string_view text, Hint hint, size_t max_length) {
  return Parser(text, hint).run(max_length);
}

}  // namespace headrace::expr
