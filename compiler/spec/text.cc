#include "compiler/spec/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace headrace::spec {
namespace {

constexpr size_t kQuotedBytes = 64;
constexpr size_t kListedNames = 24;

/// The character, or its \u escape if it is a control character.
void append_printable(std::string& out, char c) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7f) {
    out += c;
    return;
  }
  out += "\\u00";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

}  // namespace

std::string json_string(std::string_view s) {
  std::string out = "\"";
  for (const char c : s) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        append_printable(out, c);
    }
  }
  return out + '"';
}

std::string quote(std::string_view s) {
  if (s.size() <= kQuotedBytes) return json_string(s);
  size_t end = kQuotedBytes;
  while (end > 0 && (static_cast<unsigned char>(s[end]) & 0xc0) == 0x80) --end;  // whole characters only
  return json_string(s.substr(0, end)) + "...";
}

std::string pointer_join(std::string_view base, std::string_view key) {
  std::string out(base);
  out += '/';
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      append_printable(out, c);
    }
  }
  return out;
}

std::string pointer_join(std::string_view base, size_t index) {
  return std::string(base) + '/' + std::to_string(index);
}

std::string number_text(double value) {
  std::array<char, 32> buffer = {};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), result.ptr);
}

std::string name_list(std::span<const std::string_view> names) {
  const size_t shown = std::min(names.size(), kListedNames);
  std::string out;
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += quote(names[i]);
  }
  if (shown < names.size()) out += " or " + std::to_string(names.size() - shown) + " others";
  return out;
}

}  // namespace headrace::spec
