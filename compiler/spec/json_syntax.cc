#include "compiler/spec/json_syntax.h"

#include <algorithm>
#include <array>

#include "compiler/spec/text.h"

namespace headrace::spec::json {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Characters that stick together: literals, numbers, and words someone forgot to quote.
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '+' || c == '-' || static_cast<unsigned char>(c) >= 0x80;
}

/// Start of the string that is still open before `offset`, if one is. All before it is valid JSON.
std::optional<size_t> open_string(std::string_view text, size_t offset) {
  std::optional<size_t> start;
  for (size_t i = 0; i < std::min(offset, text.size()); ++i) {
    if (start && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      start = start ? std::nullopt : std::optional<size_t>(i);
    }
  }
  return start;
}

/// Last character before `offset` that is not white space; 0 if there is none.
char previous_char(std::string_view text, size_t offset) {
  while (offset > 0 && is_space(text[offset - 1])) --offset;
  return offset > 0 ? text[offset - 1] : '\0';
}

std::string expected_after(char previous, const SyntaxContext& context) {
  const bool in_object = context.container == SyntaxContext::Container::object;
  switch (previous) {
    case '\0':
      return "a JSON object";
    case '{':
      return "a key in double quotes or \"}\"";
    case '[':
      return "a value or \"]\"";
    case ':':
      return "a value";
    case ',':
      return in_object ? "a key in double quotes" : "a value";
    default:
      break;
  }
  if (context.container == SyntaxContext::Container::none) return "the end of the text";
  if (context.key_pending) return "\":\" after the key";
  return in_object ? "\",\" or \"}\"" : "\",\" or \"]\"";
}

SyntaxError describe_end(std::string_view text, const SyntaxContext& context) {
  const std::string where = text_position(text, text.size());
  if (std::all_of(text.begin(), text.end(), is_space))
    return {where, "the text is empty; expected a JSON object"};
  const bool in_object = context.container == SyntaxContext::Container::object;
  if (open_string(text, text.size())) return {where, "the text ends inside a string"};
  std::string message = "the text ends";
  if (context.container != SyntaxContext::Container::none) {
    message += in_object ? " before the object" : " before the list";
    if (!context.pointer.empty()) message += " at " + quote(context.pointer);
    message += in_object ? " is closed by \"}\"" : " is closed by \"]\"";
  } else {
    message += " too early";
  }
  return {where, message};
}

bool is_non_finite(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
  if (!lower.empty() && (lower[0] == '-' || lower[0] == '+')) lower.erase(0, 1);
  return lower == "nan" || lower == "inf" || lower == "infinity";
}

/// A token as the message shows it: words and strings as they are, up to a limit, signs in quotes.
std::string shown(std::string_view token) {
  constexpr size_t kShownBytes = 64;
  if (token[0] == '"')
    return "the string " + (token.size() <= kShownBytes ? std::string(token) : quote(token));
  return is_word(token[0]) && token.size() <= kShownBytes ? std::string(token) : quote(token);
}

std::string describe_token(std::string_view token, char previous, const SyntaxContext& context) {
  const std::string expected = "expected " + expected_after(previous, context);
  if (token[0] == '/' || token[0] == '#') return "comments are not part of JSON; " + expected;
  if (token[0] == '\'') return "found a single quote; JSON strings and keys have double quotes";
  if (is_non_finite(token)) return "found " + std::string(token) + "; numbers must be finite";
  if (previous == ',' && (token == "}" || token == "]")) {
    return "found " + shown(token) + " after a comma; " + expected + " (no comma follows the last element)";
  }
  if (token == "True" || token == "False") {
    return "found " + std::string(token) + "; JSON writes " + (token == "True" ? "true" : "false");
  }
  if (token == "None") return "found None; JSON writes null";
  return "found " + shown(token) + "; " + expected;
}

}  // namespace

std::string text_position(std::string_view text, size_t offset) {
  size_t line = 1, column = 1;
  for (size_t i = 0; i < std::min(offset, text.size()); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else if (!is_continuation(text[i])) {
      ++column;
    }
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

std::optional<size_t> find_invalid_byte(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead != 0 && lead < 0x80) {
      ++i;
      continue;
    }
    // Length by lead byte, and the range of the second byte that leaves out overlong forms, surrogates
    // and what lies above U+10FFFF.
    size_t length = 0;
    unsigned low = 0x80, high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
      length = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      length = 3;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      length = 4;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    }
    if (length == 0 || length > text.size() - i) return i;
    const auto second = static_cast<unsigned char>(text[i + 1]);
    if (second < low || second > high) return i;
    for (size_t k = 2; k < length; ++k) {
      if (!is_continuation(text[i + k])) return i;
    }
    i += length;
  }
  return std::nullopt;
}

SyntaxError describe_syntax_error(std::string_view text, const SyntaxContext& context) {
  const size_t offset = context.offset;
  if (offset >= text.size()) return describe_end(text, context);

  const std::optional<size_t> string_start = open_string(text, offset);
  if (context.fault == SyntaxContext::Fault::bad_string) {
    const bool control = static_cast<unsigned char>(text[offset]) < 0x20;
    return {text_position(text, offset),
            control ? "a string is not closed on its line; line breaks and control characters in strings are "
                      "written as escapes"
                    : "invalid escape sequence in a string"};
  }

  // The token around the offset: a whole string, a whole word, or one character.
  size_t begin = offset, end = offset + 1;
  if (string_start) {
    begin = *string_start;
  } else if (is_word(text[offset]) || context.fault != SyntaxContext::Fault::token) {
    // A word that went wrong may end just before the offset ("-" followed by ",").
    if (!is_word(text[offset]) && offset > 0 && is_word(text[offset - 1])) end = offset;
    while (begin > 0 && is_word(text[begin - 1])) --begin;
    while (end < text.size() && is_word(text[end]) && is_word(text[end - 1])) ++end;
  }
  const std::string_view token = text.substr(begin, end - begin);
  const std::string where = text_position(text, begin);
  if (context.fault == SyntaxContext::Fault::overflow) {
    return {where, "the number " + std::string(token.substr(0, 64)) + " is too large"};
  }
  return {where, describe_token(token, previous_char(text, begin), context)};
}

}  // namespace headrace::spec::json
