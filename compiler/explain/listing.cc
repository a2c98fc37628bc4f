#include "compiler/explain/listing.h"

#include <charconv>
#include <set>

namespace headrace::explaining {
namespace {

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// The line of ".loc FILE LINE COLUMN".
int loc_line(std::string_view directive) {
  directive.remove_prefix(std::string_view(".loc").size());
  directive = trimmed(directive);
  directive = trimmed(directive.substr(std::min(directive.find_first_of(" \t"), directive.size())));
  int line = 0;
  std::from_chars(directive.data(), directive.data() + directive.size(), line);
  return line;
}

// One space for each run of blanks.
std::string plain(std::string_view s) {
  std::string text;
  for (const char c : s) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && !text.empty() && text.back() == ' ') continue;
    text += blank ? ' ' : c;
  }
  return text;
}

// Labels that no instruction names say nothing.
void drop_unused_labels(std::vector<CodeLine>& code) {
  std::string all;
  for (const CodeLine& c : code) {
    if (!c.label) all += c.text + "\n";
  }
  std::erase_if(code, [&](const CodeLine& c) {
    return c.label && all.find(c.text.substr(0, c.text.size() - 1)) == std::string::npos;
  });
}

}  // namespace

std::map<std::string, std::vector<CodeLine>> read_listing(std::string_view assembly) {
  std::map<std::string, std::vector<CodeLine>> functions;
  std::vector<CodeLine>* current = nullptr;
  std::set<std::string, std::less<>> known;  // names that .type has said are functions
  int line = 0;
  while (!assembly.empty()) {
    const size_t end = std::min(assembly.find('\n'), assembly.size());
    std::string_view text = trimmed(assembly.substr(0, end));
    assembly.remove_prefix(std::min(end + 1, assembly.size()));
    if (text.empty() || text.front() == '#') continue;
    if (text.starts_with(".type") && text.ends_with("@function")) {
      const std::string_view rest = trimmed(text.substr(5));
      known.emplace(rest.substr(0, rest.find(',')));
    } else if (text.starts_with(".loc")) {
      line = loc_line(text);
    } else if (text.starts_with(".Lfunc_end")) {
      current = nullptr;
    } else if (text.back() == ':' || text.find(":\t") != std::string_view::npos ||
               text.find(": ") != std::string_view::npos) {
      const std::string_view name = text.substr(0, text.find(':'));
      if (known.contains(name)) {
        current = &functions[std::string(name)];
        line = 0;
      } else if (current != nullptr && name.starts_with(".LBB")) {
        current->push_back({0, true, std::string(name) + ":"});
      }
    } else if (current != nullptr && text.front() != '.') {
      current->push_back({line, false, plain(text)});
    }
  }
  for (auto& [name, code] : functions) drop_unused_labels(code);
  return functions;
}

}  // namespace headrace::explaining
