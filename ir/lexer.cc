#include "ir/lexer.h"

#include <charconv>
#include <cstdio>
#include <limits>

namespace headrace::text {
namespace {

bool name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool name_char(char c) { return name_start(c) || digit(c) || c == '.'; }
int hex_digit(char c) {
  if (digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

void Lexer::skip_space() {
  while (pos_ < text_.size()) {
    const char c = text_[pos_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++pos_;
      if (c == '\n') {
        ++line_;
        line_start_ = pos_;
      }
    } else if (c == ';') {  // comment to the end of the line
      while (pos_ < text_.size() && text_[pos_] != '\n') ++pos_;
    } else {
      break;
    }
  }
}

void Lexer::next() {
  skip_space();
  token_start_ = pos_;
  if (pos_ >= text_.size()) {
    kind_ = Token::end;
    lexeme_ = {};
    return;
  }
  const char c = text_[pos_];
  if (c == '%' || c == '@') {
    size_t e = pos_ + 1;
    while (e < text_.size() && name_char(text_[e])) ++e;
    kind_ = c == '%' ? Token::value : Token::symbol;
    lexeme_ = text_.substr(pos_ + 1, e - pos_ - 1);
    if (lexeme_.empty()) kind_ = Token::bad;
    pos_ = e;
  } else if (name_start(c)) {
    size_t e = pos_;
    while (e < text_.size() && name_char(text_[e])) ++e;
    lexeme_ = text_.substr(pos_, e - pos_);
    pos_ = e;
    kind_ = Token::name;
    if (lexeme_ == "inf") { kind_ = Token::real; real_ = std::numeric_limits<double>::infinity(); }
    if (lexeme_ == "nan") { kind_ = Token::real; real_ = std::numeric_limits<double>::quiet_NaN(); }
  } else if (digit(c) || (c == '-' && pos_ + 1 < text_.size() && (digit(text_[pos_ + 1]) || text_[pos_ + 1] == 'i'))) {
    scan_number();
  } else if (c == '"') {
    scan_string();
  } else if (c == '-' && pos_ + 1 < text_.size() && text_[pos_ + 1] == '>') {
    kind_ = Token::punct;
    lexeme_ = text_.substr(pos_, 2);
    pos_ += 2;
  } else if (std::string_view("(){}[]<>=:,?").find(c) != std::string_view::npos) {
    kind_ = Token::punct;
    lexeme_ = text_.substr(pos_, 1);
    ++pos_;
  } else {
    kind_ = Token::bad;
    lexeme_ = text_.substr(pos_, 1);
    ++pos_;
  }
}

void Lexer::scan_number() {
  size_t e = pos_ + 1;
  bool real = false;
  if (text_[pos_] == '-' && text_.substr(e, 3) == "inf") {
    e += 3;
    lexeme_ = text_.substr(pos_, e - pos_);
    pos_ = e;
    kind_ = Token::real;
    real_ = -std::numeric_limits<double>::infinity();
    return;
  }
  while (e < text_.size()) {
    const char c = text_[e];
    if (digit(c)) {
    } else if (c == '.' || c == 'e') {
      real = true;
    } else if ((c == '-' || c == '+') && text_[e - 1] == 'e') {
    } else {
      break;
    }
    ++e;
  }
  lexeme_ = text_.substr(pos_, e - pos_);
  pos_ = e;
  const char* first = lexeme_.data();
  const char* last = first + lexeme_.size();
  std::from_chars_result r{};
  if (real) {
    kind_ = Token::real;
    r = std::from_chars(first, last, real_);
  } else {
    kind_ = Token::integer;
    r = std::from_chars(first, last, integer_);
  }
  if (r.ec != std::errc() || r.ptr != last) kind_ = Token::bad;
}

void Lexer::scan_string() {
  string_.clear();
  size_t p = pos_ + 1;
  kind_ = Token::bad;
  while (p < text_.size() && text_[p] != '"' && text_[p] != '\n') {
    if (text_[p] != '\\') {
      string_ += text_[p++];
      continue;
    }
    const char c = p + 1 < text_.size() ? text_[p + 1] : '\0';
    if (c == '"' || c == '\\') {
      string_ += c;
      p += 2;
    } else if (c == 'n') {
      string_ += '\n';
      p += 2;
    } else if (c == 'x' && p + 3 < text_.size() && hex_digit(text_[p + 2]) >= 0 && hex_digit(text_[p + 3]) >= 0) {
      string_ += char(hex_digit(text_[p + 2]) * 16 + hex_digit(text_[p + 3]));
      p += 4;
    } else {
      break;
    }
  }
  if (p < text_.size() && text_[p] == '"') {
    kind_ = Token::string;
    ++p;
  }
  lexeme_ = text_.substr(pos_, p - pos_);
  pos_ = p > pos_ ? p : pos_ + 1;
}

bool Lexer::accept(std::string_view s) {
  if (!is(s)) return false;
  next();
  return true;
}

Status Lexer::error(const std::string& expected) const {
  const std::string found = kind_ == Token::end ? "the end of the text"
                                                : "'" + std::string(text_.substr(token_start_, pos_ - token_start_)) + "'";
  return fail("expected " + expected + ", found " + found);
}

std::string Lexer::place() const {
  return "line " + std::to_string(line_) + ", column " + std::to_string(token_start_ - line_start_ + 1);
}

Status Lexer::fail(const std::string& message) const { return Status("ir.syntax", place(), message); }

std::string real_text(double value) {
  if (value != value) return "nan";
  char buffer[40];
  const auto r = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string s(buffer, r.ptr);
  if (s.find_first_of(".en") == std::string::npos) s += ".0";
  return s;
}

std::string quoted(std::string_view s) {
  std::string q = "\"";
  for (char c : s) {
    if (c == '"' || c == '\\') {
      q += '\\';
      q += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
      q += hex;
    } else {
      q += c;
    }
  }
  return q + '"';
}

}  // namespace headrace::text
