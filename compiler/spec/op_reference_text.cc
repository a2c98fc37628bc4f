#include "compiler/spec/op_reference_text.h"

#include <algorithm>
#include <string_view>

#include "compiler/spec/ops.h"

namespace headrace::spec {
namespace {

constexpr size_t kColumns = 100;
constexpr size_t kNameColumn = 24, kKindColumn = 10;

bool draws(const OpReference& op) {
  const auto random = random_op_names();
  return std::find(random.begin(), random.end(), op.name) != random.end();
}

/// Up to the first full stop that ends a sentence.
std::string_view first_sentence(std::string_view text) {
  const size_t end = std::min(text.find(". "), text.find(".\n"));
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

std::string replaced(std::string_view text, char what, std::string_view by) {
  std::string out;
  for (const char c : text) {
    if (c == what) {
      out += by;
    } else {
      out += c;
    }
  }
  return out;
}

std::string one_line(std::string_view text) { return replaced(text, '\n', " "); }

std::string padded(std::string_view text, size_t columns) {
  std::string out(text);
  out.resize(std::max(columns, out.size() + 1), ' ');
  return out;
}

/// Of [text](target) the text only; other brackets stay.
std::string without_links(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t middle = text.find("](");
    const size_t open = middle == std::string_view::npos ? middle : text.rfind('[', middle);
    const size_t close = open == std::string_view::npos ? open : text.find(')', middle);
    if (close == std::string_view::npos) break;
    out += text.substr(0, open);
    out += text.substr(open + 1, middle - open - 1);
    text.remove_prefix(close + 1);
  }
  return out + std::string(text);
}

/// The words of a paragraph in lines that begin with `indent` spaces; a word that is too long has a line to
/// itself.
std::string wrapped(std::string_view paragraph, size_t indent) {
  std::string out, line;
  const auto end_line = [&] {
    if (!line.empty()) out += std::string(indent, ' ') + line + "\n";
    line.clear();
  };
  while (!paragraph.empty()) {
    const size_t size = std::min(paragraph.find_first_of(" \n"), paragraph.size());
    const std::string_view word = paragraph.substr(0, size);
    if (!line.empty() && indent + line.size() + 1 + size > kColumns) end_line();
    if (!word.empty()) line += (line.empty() ? "" : " ") + std::string(word);
    paragraph.remove_prefix(std::min(size + 1, paragraph.size()));
  }
  end_line();
  return out;
}

std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find("\n\n"), text.size());
    out += "\n" + wrapped(without_links(text.substr(0, end)), 0);
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return out;
}

std::string indented(std::string_view lines) { return "  " + replaced(lines, '\n', "\n  ") + "\n"; }

std::string need_text(const KeyReference& key) {
  return key.need == KeyReference::Need::required ? "required" : "default: " + key.without;
}

std::string keys_text(const std::vector<KeyReference>& keys) {
  if (keys.empty()) return "\nIt has no keys.\n";
  std::string out = "\nKeys:\n";
  for (const KeyReference& key : keys) {
    out += "  " + key.name + "\n" + wrapped(key.accepts + "; " + need_text(key), 6) +
           wrapped(without_links(key.meaning), 6);
  }
  return out;
}

/// A cell of a Markdown table.
std::string cell(std::string_view text) { return replaced(one_line(text), '|', "\\|"); }

std::string default_cell(const KeyReference& key) {
  if (key.need == KeyReference::Need::required) return "required";
  return key.need == KeyReference::Need::with_default ? "`" + key.without + "`" : key.without;
}

std::string key_table(const std::vector<KeyReference>& keys) {
  if (keys.empty()) return "No keys.\n";
  std::string out = "| key | value | default | meaning |\n|---|---|---|---|\n";
  for (const KeyReference& key : keys) {
    out += "| `" + key.name + "` | " + cell(key.accepts) + " | " + cell(default_cell(key)) + " | " +
           cell(key.meaning) + " |\n";
  }
  return out;
}

/// What a code host makes of a heading.
std::string anchor(std::string_view title) {
  std::string out;
  for (const char c : title) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter) out += c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
    if (c == ' ') out += '-';
  }
  return out;
}

std::string definition_links(const OpReference& op) {
  std::string out;
  for (const std::string_view title : op.defined_in) {
    out += (out.empty() ? "" : ", ") + ("[" + std::string(title)) + "](ir.md#" + anchor(title) + ")";
  }
  return out;
}

std::string op_markdown(const OpReference& op) {
  std::string out = "#### " + std::string(op.name) + "\n\n" + op.summary + "\n\n";
  out += "Stands " + op.place + "." + (draws(op) ? " Draws random numbers, and can be shared." : "") +
         " Defined in " + definition_links(op) + ".\n\n" + key_table(op.keys);
  if (!op.notes.empty()) out += "\n" + op.notes + "\n";
  for (const std::string& example : op.examples) out += "\n```json\n" + example + "\n```\n";
  return out;
}

}  // namespace

std::string ops_text() {
  std::string out;
  for (const OpReference& op : op_references()) {
    out += padded(op.name, kNameColumn) + padded(reference_of(op.kind).name, kKindColumn) +
           without_links(one_line(first_sentence(op.summary))) + "\n";
  }
  return out;
}

std::string op_text(const OpReference& op) {
  std::string out = std::string(op.name) + " (" + std::string(reference_of(op.kind).name) + ")\n";
  out += paragraphs(op.summary);
  if (op.kind == OpKind::batch) out += paragraphs(reference_of(op.kind).text);  // which samples, drawn how often
  out +=
      paragraphs("Stands " + op.place + "." + (draws(op) ? " Draws random numbers, and can be shared." : ""));
  out += keys_text(op.keys) + paragraphs(op.notes);
  out += op.examples.size() > 1 ? "\nExamples:\n" : "\nExample:\n";
  for (const std::string& example : op.examples) out += indented(example);
  out += "\nDefined to the bit in docs/ir.md:";
  for (size_t i = 0; i < op.defined_in.size(); ++i)
    out += (i > 0 ? ", " : " ") + std::string(op.defined_in[i]);
  return out + "\n";
}

std::string ops_markdown() {
  std::string out = "| operation | kind | what it does |\n|---|---|---|\n";
  for (const OpReference& op : op_references()) {
    const std::string name(op.name);
    out += "| [`" + name + "`](#" + name + ") | " + std::string(reference_of(op.kind).name) + " | " +
           cell(first_sentence(op.summary)) + " |\n";
  }
  for (const KindReference& kind : op_kinds()) {
    out += "\n### " + std::string(kind.title) + "\n\n" + std::string(kind.text) + "\n";
    for (const OpReference& op : op_references()) {
      if (op.kind == kind.kind) out += "\n" + op_markdown(op);
    }
  }
  return out;
}

}  // namespace headrace::spec
