#include <algorithm>
#include <cctype>
#include <string_view>

#include "tests/ladder/invalid_texts.h"

namespace headrace::ladder {
namespace {

constexpr std::string_view kNowhere = "%99999";

// A text in lines, of which one at a time is changed.
class Lines {
 public:
  explicit Lines(const std::string& text) {
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      lines_.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }
  size_t size() const { return lines_.size(); }
  const std::string& operator[](size_t i) const { return lines_[i]; }

  /// The text with line i replaced, by several or none if need be.
  std::string with(size_t i, const std::vector<std::string>& instead) const {
    std::string text;
    for (size_t k = 0; k < lines_.size(); ++k) {
      if (k != i) text += lines_[k] + "\n";
      for (size_t n = 0; k == i && n < instead.size(); ++n) text += instead[n] + "\n";
    }
    return text;
  }

  /// Whether a value is named after line i.
  bool used_after(size_t i, const std::string& value) const {
    for (size_t k = i + 1; k < lines_.size(); ++k) {
      for (size_t at = 0; (at = lines_[k].find(value, at)) != std::string::npos; ++at) {
        const size_t end = at + value.size();
        if (end == lines_[k].size() || std::isdigit(static_cast<unsigned char>(lines_[k][end])) == 0)
          return true;
      }
    }
    return false;
  }

 private:
  std::vector<std::string> lines_;
};

// The parts of "  %3 = op ..."; empty where there is no such part.
struct Definition {
  std::string value, op;
  size_t op_end = 0;  // in the line
};

Definition definition(const std::string& line) {
  Definition d;
  const size_t percent = line.find_first_not_of(' '), equals = line.find(" = ");
  if (percent == std::string::npos || line[percent] != '%' || equals == std::string::npos) return d;
  d.value = line.substr(percent, equals - percent);
  const size_t op = equals + 3;
  d.op_end = std::min(line.find(' ', op), line.size());
  d.op = line.substr(op, d.op_end - op);
  return d;
}

std::string replaced(std::string line, size_t at, size_t size, std::string_view by) {
  return line.replace(at, size, by);
}

// The first operand: place and length.
std::pair<size_t, size_t> first_operand(const std::string& line, size_t from) {
  const size_t at = line.find('%', from);
  if (at == std::string::npos) return {std::string::npos, 0};
  size_t end = at + 1;
  while (end < line.size() && std::isdigit(static_cast<unsigned char>(line[end])) != 0) ++end;
  return {at, end - at};
}

class Invalids {
 public:
  explicit Invalids(const std::string& text) : text_(text), lines_(text) {}

  void add(const std::string& what, std::string text) { list_.push_back({what, std::move(text)}); }
  void cut_off() {
    for (size_t k = 1; k < 8; ++k) add("is cut off", text_.substr(0, text_.size() * k / 8 / 2 * 2));
  }

  void graph_line(size_t i) {
    const std::string& line = lines_[i];
    const Definition d = definition(line);
    if (line.find("output ") != std::string::npos) {
      const auto [at, size] = first_operand(line, 0);
      add("puts out a value that is not there", lines_.with(i, {replaced(line, at, size, kNowhere)}));
      add("has an output twice", lines_.with(i, {line, line}));
      return;
    }
    if (d.op.empty()) return;
    common(i, d);
    const auto [at, size] = first_operand(line, d.op_end);
    if (at != std::string::npos && d.op != "field" && !in_batch_)
      add("has a record for an operand", lines_.with(i, {replaced(line, at, size, "%0")}));
    const size_t type = line.rfind(" : ");
    add("has a value of another type",
        lines_.with(i, {line.substr(0, type) + (line.substr(type + 3) == "f64" ? " : i64" : " : f64")}));
    const size_t brace = line.find(" {");
    if (brace == std::string::npos) {
      add("has an attribute too many", lines_.with(i, {replaced(line, type, 0, " {zzz=1}")}));
      return;
    }
    const size_t equals = line.find('=', brace);
    add("has an attribute too many", lines_.with(i, {replaced(line, brace + 2, 0, "zzz=1, ")}));
    add("lacks an attribute", lines_.with(i, {replaced(line, brace + 2, equals - brace - 2, "zzz")}));
    const bool number =
        std::isdigit(static_cast<unsigned char>(line[equals + 1])) != 0 || line[equals + 1] == '-';
    add("has an attribute of another type",
        lines_.with(i, {replaced(line, equals + 1, 0, number ? "\"x\", zz=" : "1, zz=")}));
  }

  void loop_line(size_t i) {
    const std::string& line = lines_[i];
    const Definition d = definition(line);
    if (line.find(" yield ") != std::string::npos) add("does not yield", lines_.with(i, {}));
    if (const size_t call = line.find("call @"); call != std::string::npos)
      add("calls what is not there", lines_.with(i, {replaced(line, call + 6, 0, "no_such_")}));
    if (d.op.empty() || d.value.find(',') != std::string::npos) return;
    if (d.op == "for" || d.op == "if") return;
    common(i, d);
    if (d.op == "const")
      add("has a constant that is a pointer", lines_.with(i, {line.substr(0, line.rfind(": ")) + ": ptr"}));
    if (d.op == "shuffle")
      add("takes a lane that is not there",
          lines_.with(i, {replaced(line, line.rfind('[') + 1, 0, "999, ")}));
    if (d.op == "add" || d.op == "mul" || d.op == "icmp")
      add("lacks an operand", lines_.with(i, {line.substr(0, line.rfind(", %"))}));
  }

  void begin_batch() { in_batch_ = true; }
  const Lines& lines() const { return lines_; }
  std::vector<Invalid> take() { return std::move(list_); }

 private:
  void common(size_t i, const Definition& d) {
    const std::string& line = lines_[i];
    add("defines a value twice", lines_.with(i, {line, line}));
    add("has an unknown op", lines_.with(i, {replaced(line, d.op_end, 0, "x")}));
    if (const auto [at, size] = first_operand(line, d.op_end); at != std::string::npos)
      add("uses a value that is not there", lines_.with(i, {replaced(line, at, size, kNowhere)}));
    if (lines_.used_after(i, d.value)) add("lacks a value that is used", lines_.with(i, {}));
  }

  std::string text_;
  Lines lines_;
  std::vector<Invalid> list_;
  bool in_batch_ = false;
};

}  // namespace

std::vector<Invalid> invalid_graphs(const std::string& graph) {
  Invalids invalids(graph);
  invalids.cut_off();
  invalids.add("has text behind its end", graph + "graph");
  for (size_t i = 0; i < invalids.lines().size(); ++i) {
    if (invalids.lines()[i].find("batch {") != std::string::npos) invalids.begin_batch();
    invalids.graph_line(i);
  }
  return invalids.take();
}

std::vector<Invalid> invalid_loops(const std::string& function) {
  constexpr size_t kChangedLines = 80;
  Invalids invalids(function);
  invalids.cut_off();
  invalids.add("is a function twice", function + "\n" + function);
  const size_t lines = invalids.lines().size();
  for (size_t i = 0; i < lines; i += 1 + lines / kChangedLines) invalids.loop_line(i);
  return invalids.take();
}

}  // namespace headrace::ladder
