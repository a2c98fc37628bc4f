// Times as bars: shares of the kinds of work, and every stage against its floor.
#include <algorithm>
#include <array>
#include <numeric>

#include "compiler/explain/html_writer.h"

namespace headrace::explaining {
namespace {

constexpr std::array kKinds = {StageKind::entropy, StageKind::idct, StageKind::resize, StageKind::store,
                               StageKind::other};

double time_of(const Explanation& e, StageKind kind) {
  double ns = 0;
  for (const ExplainedStage& s : e.stages) ns += s.kind == kind ? s.ns : 0;
  return ns;
}

std::string shares(const Explanation& e) {
  std::string bar = "<div class=\"shares\">", legend = "<ul class=\"legend\">";
  for (const StageKind kind : kKinds) {
    const double ns = time_of(e, kind), share = ns / e.timed_ns * 100;
    const std::string css(kind_class(kind));
    bar += "<i class=\"b-" + css + "\" style=\"width:" + fixed(share, 2) + "%\"></i>";
    legend += "<li><i class=\"b-" + css + "\"></i>" + std::string(stage_kind_name(kind)) + " <b>" +
              fixed(share, 1) + " %</b> <span class=\"dim\">" + html_time(ns) + "</span></li>";
  }
  return bar + "</div>" + legend + "</ul>\n";
}

std::string cell(const char* title, const std::string& text) {
  return "<span class=\"num" + std::string(text == "-" ? " nothing" : "") + "\" data-t=\"" +
         std::string(title) + "\">" + text + "</span>";
}

std::string row(const Explanation& e, size_t i, double longest) {
  const ExplainedStage& s = e.stages[i];
  const std::string name = "<code>" + escaped(s.name) + "</code>";
  std::string html = "<div class=\"stage\"><span class=\"wrap\">" +
                     (s.generated ? "<a href=\"#" + stage_anchor(i) + "\">" + name + "</a>" : name) +
                     "</span><span class=\"bar\"><i class=\"b-" + std::string(kind_class(s.kind)) +
                     "\" style=\"width:" + fixed(s.ns / longest * 100, 2) + "%\"></i>";
  if (s.floor_ns > 0)
    html += "<u style=\"left:" + fixed(std::min(s.floor_ns / longest * 100, 100.0), 2) + "%\"></u>";
  html += "</span><span class=\"num\">" + html_time(s.ns) + "</span><span class=\"num\">" +
          fixed(s.ns / e.timed_ns * 100, 1) + " %</span>";
  html += "<span class=\"extras\">" + cell("calls", fixed(s.calls, 1)) +
          cell("reads", html_bytes(s.bytes_read)) + cell("writes", html_bytes(s.bytes_written));
  html += cell("times its floor:", s.floor_ns > 0 ? fixed(s.ns / s.floor_ns, 1) : "-");
  html += "</span><span class=\"what\">" + escaped(s.what);
  if (s.floor_ns > 0) html += ". Floor: " + html_time(s.floor_ns) + ", by " + escaped(s.floor_by);
  return html + "</span></div>\n";
}

}  // namespace

std::string html_times(const Explanation& e) {
  std::vector<size_t> order(e.stages.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return e.stages[a].ns > e.stages[b].ns; });
  std::string html = shares(e);
  html +=
      "<div class=\"stages\"><div class=\"stage head\"><span>stage</span><span>time; the line is its "
      "floor</span><span class=\"num\">time</span>"
      "<span class=\"num\">share</span><span class=\"num\">calls</span><span class=\"num\">reads</span><span "
      "class=\"num\">writes</span>"
      "<span class=\"num\">&times; floor</span></div>\n";
  const double longest = order.empty() ? 1 : std::max(e.stages[order[0]].ns, 1.0);
  std::string idle;
  for (const size_t i : order) {
    if (e.stages[i].calls > 0) {
      html += row(e, i, longest);
    } else {
      idle += (idle.empty() ? "" : ", ") + std::string("<code>") + escaped(e.stages[i].name) + "</code>";
    }
  }
  html += "</div>\n";
  if (!idle.empty())
    html += "<p class=\"dim wrap\">In the code, but not called for these samples: " + idle + ".</p>\n";
  return html;
}

}  // namespace headrace::explaining
