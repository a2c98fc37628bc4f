// Tokens of the two IRs' text forms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "headrace/status.h"

namespace headrace::text {

enum class Token : uint8_t {
  end,
  name,     // foo, foo_bar, i16x32, image
  value,    // %12
  symbol,   // @name
  integer,  // -12
  real,     // 1.5, -1e-3, inf, nan (as written by to_chars)
  string,   // "..."
  punct,    // one of ( ) { } [ ] < > = : , ? or ->
  bad
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) { next(); }

  Token kind() const { return kind_; }
  std::string_view lexeme() const { return lexeme_; }  ///< without %, @ and quotes
  int64_t integer() const { return integer_; }
  double real() const { return real_; }
  const std::string& string() const { return string_; }

  void next();

  bool is(std::string_view punct_or_name) const {
    return (kind_ == Token::punct || kind_ == Token::name) && lexeme_ == punct_or_name;
  }
  /// Consumes the token if it is this punctuation or name.
  bool accept(std::string_view punct_or_name);

  /// "line 3, column 5", where the current token begins; both are counted from 1, columns in bytes.
  std::string place() const;

  /// An error at the current token: "line 3, column 5: expected ..., found ...".
  Status error(const std::string& expected) const;
  /// An error at the current token with free text.
  Status fail(const std::string& message) const;

 private:
  void skip_space();
  void scan_number();
  void scan_string();

  std::string_view text_;
  size_t pos_ = 0, token_start_ = 0;
  size_t line_ = 1, line_start_ = 0;  // of the token; no token spans lines
  Token kind_ = Token::end;
  std::string_view lexeme_;
  int64_t integer_ = 0;
  double real_ = 0;
  std::string string_;
};

/// Shortest text that reads back as the same double; always with a '.', 'e', "inf" or "nan".
std::string real_text(double value);

/// A quoted string with \" \\ \n and \xNN escapes.
std::string quoted(std::string_view s);

}  // namespace headrace::text
