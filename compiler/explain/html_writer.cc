#include "compiler/explain/html_writer.h"

#include <cstdio>

namespace headrace::explaining {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Bytes of the UTF-8 character that `s` begins with, or 0 if it begins with none.
size_t character_bytes(std::string_view s) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || s.size() < n) return 0;
  for (size_t i = 1; i < n; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond Unicode.
  if ((lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) > 0x9F) || (lead == 0xF0 && at(1) < 0x90) ||
      (lead == 0xF4 && at(1) > 0x8F))
    return 0;
  return n;
}

}  // namespace

std::string escaped(std::string_view s) {
  std::string text;
  while (!s.empty()) {
    const size_t n = character_bytes(s);
    const char c = s[0];
    if (n == 0 || (n == 1 && (c < ' ' || c == 0x7F) && c != '\n' && c != '\t')) {
      text += kReplacement;
    } else if (c == '&') {
      text += "&amp;";
    } else if (c == '<') {
      text += "&lt;";
    } else if (c == '>') {
      text += "&gt;";
    } else if (c == '"') {
      text += "&quot;";
    } else if (c == '\'') {
      text += "&#39;";
    } else {
      text += s.substr(0, n);
    }
    s.remove_prefix(n == 0 ? 1 : n);
  }
  return text;
}

std::string fixed(double v, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, v);
  return text;
}

std::string html_bytes(double bytes) {
  if (bytes < 1024) return fixed(bytes, 0) + " B";
  if (bytes < 1024 * 1024) return fixed(bytes / 1024, 1) + " KiB";
  return fixed(bytes / 1024 / 1024, 1) + " MiB";
}

std::string html_time(double ns) { return fixed(ns / 1e3, ns < 10e3 ? 2 : 1) + " &micro;s"; }

std::string_view kind_class(StageKind kind) {
  switch (kind) {
    case StageKind::entropy:
      return "entropy";
    case StageKind::idct:
      return "idct";
    case StageKind::resize:
      return "resize";
    case StageKind::store:
      return "store";
    case StageKind::other:
      return "other";
  }
  return "other";
}

std::string stage_anchor(size_t stage) { return "stage" + std::to_string(stage); }

}  // namespace headrace::explaining
