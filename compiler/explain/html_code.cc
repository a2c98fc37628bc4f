// Loop IR beside assembly, a stage at a time, tied by the line tables.
#include <algorithm>
#include <numeric>

#include "compiler/explain/html_writer.h"

namespace headrace::explaining {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string id_of(size_t stage, int line) { return "s" + std::to_string(stage) + "l" + std::to_string(line); }

size_t instructions(const ExplainedStage& s) {
  return size_t(std::count_if(s.code.begin(), s.code.end(), [](const CodeLine& c) { return !c.label; }));
}

std::string loop_pane(const ExplainedStage& s, size_t stage, const std::vector<std::string_view>& lines) {
  std::string html = "<div class=\"pane\">";
  for (int k = 0; k < s.line_count; ++k) {
    const size_t at = size_t(s.first_line + k) - 1;
    if (at >= lines.size()) break;
    const int line = s.first_line + k;
    const bool has_code =
        std::any_of(s.code.begin(), s.code.end(), [&](const CodeLine& c) { return c.line == line; });
    const std::string id = id_of(stage, k + 1);
    html += "<a class=\"l l" + std::to_string(k + 1) + (has_code ? "" : " none") + "\" id=\"" + id +
            "\" href=\"#" + id + "\" data-n=\"" + std::to_string(line) + "\">" + escaped(lines[at]) + "</a>";
  }
  return html + "</div>";
}

// Instructions in order, those of one line in a block that says which.
std::string code_pane(const ExplainedStage& s, size_t stage) {
  std::string html = "<div class=\"pane\">", block;
  int line = -1;
  const auto close = [&] {
    if (block.empty()) return;
    const int k = line - s.first_line + 1;
    const bool tied = line > 0 && k >= 1 && k <= s.line_count;
    html += tied ? "<a class=\"a a" + std::to_string(k) + "\" href=\"#" + id_of(stage, k) + "\" data-n=\"" +
                       std::to_string(line) + "\">"
                 : std::string("<a class=\"a\">");
    html += block + "</a>";
    block.clear();
  };
  for (const CodeLine& c : s.code) {
    const int of = c.label ? line : c.line;
    if (of != line) {
      close();
      line = of;
    }
    block += (block.empty() ? "" : "\n") + std::string(c.label ? "" : "  ") + escaped(c.text);
  }
  close();
  return html + "</div>";
}

}  // namespace

std::string html_code(const Explanation& e) {
  const std::vector<std::string_view> lines = lines_of(e.loop_text);
  std::vector<size_t> order(e.stages.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return e.stages[a].ns > e.stages[b].ns; });
  std::string html;
  for (const size_t i : order) {
    const ExplainedStage& s = e.stages[i];
    if (!s.generated) continue;
    html += "<details class=\"code-of\" id=\"" + stage_anchor(i) + "\"><summary><code>@" + escaped(s.name) +
            "</code> <span class=\"dim\">" + html_time(s.ns) + " a sample, " + std::to_string(s.line_count) +
            " lines, " + std::to_string(instructions(s)) + " instructions; " + escaped(s.what) +
            "</span></summary><div class=\"code\">" + loop_pane(s, i, lines) + code_pane(s, i) +
            "</div></details>\n";
  }
  return html;
}

}  // namespace headrace::explaining
