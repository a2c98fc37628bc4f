// The page that `headrace explain --html` writes: one file, nothing fetched.
#include "compiler/explain/html_writer.h"

namespace headrace {
namespace {

using namespace explaining;

// Brings the instructions of a selected line into view; without it they are marked all the same.
constexpr const char* kScript =
    "const f=()=>{const l=document.querySelector('.l:target');if(!l)return;"
    "const b=l.closest('.code').querySelector('.a[href=\"'+location.hash+'\"]');if(!b)return;"
    "const "
    "p=b.parentElement;p.scrollTop+=b.getBoundingClientRect().top-p.getBoundingClientRect().top-p."
    "clientHeight/3};addEventListener('hashchange',f);f()";

std::string tile(const std::string& figure, const std::string& what) {
  return "<div class=\"tile\"><b>" + figure + "</b><span>" + what + "</span></div>";
}

std::string head(const Explanation& e, std::string_view title) {
  std::string html = "<h1>" + escaped(title) + "</h1>\n<p class=\"sub dim\">" + escaped(e.data) + " (" +
                     escaped(e.encodings) + "), " + std::to_string(e.samples) + " samples, one thread. " +
                     escaped(e.cpu) + ", " + escaped(e.isa) + ", " + std::to_string(e.vector_bits) +
                     "-bit vectors, numerics " + escaped(e.numerics) + ", " + escaped(e.generator) +
                     ".</p>\n";
  html += "<div class=\"tiles\">" +
          tile(fixed(e.plain_ns / 1e3, 1) + " &micro;s", "a sample in the pipeline's code") +
          tile(fixed(1e9 / e.plain_ns, 0), "samples a second at that") +
          tile(html_bytes(e.coded_bytes), "read a sample") +
          tile(html_bytes(e.output_bytes), "written a sample") +
          tile(html_bytes(e.scratch_bytes), "scratch memory a sample") + "</div>\n";
  return html;
}

std::string fates(const Explanation& e) {
  std::string html = "<div><dl>";
  for (const ExplainedOp& op : e.ops) {
    html += "<dt><code>" + escaped(op.text) + "</code></dt><dd>" + escaped(op.fate) + "</dd>\n";
  }
  return html + "</dl></div>";
}

std::string seams(const Explanation& e) {
  std::string html = "<dl>";
  for (const ExplainedSeam& s : e.seams)
    html += "<dt><code>" + escaped(s.where) + "</code>" +
            (s.used ? "" : " <span class=\"dim\">(not for these samples)</span>") + "</dt><dd>" +
            escaped(s.why) + "</dd>\n";
  return html + "</dl>\n";
}

std::string constants(const Explanation& e) {
  std::string html = "<table><tr><th>value</th><th>constant</th><th>is</th></tr>\n";
  for (const ExplainedConstant& c : e.constants) {
    html += "<tr><td><code>" + escaped(c.from) + "</code></td><td>" + escaped(c.name) + "</td><td>" +
            escaped(c.value) + "</td></tr>\n";
  }
  return html + "</table>\n";
}

std::string memory(const Explanation& e) {
  std::string html =
      "<table><tr><th>nest</th><th>part</th><th class=\"num\">first sample</th><th "
      "class=\"num\">largest</th></tr>\n";
  for (const ExplainedMemory& m : e.memory) {
    html += "<tr><td><code>" + escaped(m.nest) + "</code></td><td>" + escaped(m.part) +
            "</td><td class=\"num\">" + html_bytes(double(m.first)) + "</td><td class=\"num\">" +
            html_bytes(double(m.largest)) + "</td></tr>\n";
  }
  html += "<tr><td></td><td>all of a sample's</td><td class=\"num\">" + html_bytes(e.scratch_bytes) +
          " (mean)</td><td class=\"num\">" + html_bytes(e.largest_scratch_bytes) + "</td></tr>\n";
  return html + "</table>\n";
}

std::string graph_text(const Explanation& e) {
  std::string html = "<details><summary>The optimised graph, value by value</summary><div class=\"pane\">";
  for (const ExplainedNode& n : e.nodes) {
    std::string from;
    for (const std::string& origin : n.origins) from += (from.empty() ? "" : " ") + origin;
    html +=
        escaped(n.text) + (from.empty() ? "" : "  <span class=\"dim\">; " + escaped(from) + "</span>") + "\n";
  }
  return html + "</div></details>\n";
}

std::string method(const Explanation& e) {
  const ExplainedPeaks& p = e.peaks;
  return "<p>Times are of " + std::to_string(e.samples) + " samples, of each the fastest of " +
         std::to_string(e.rounds) + " rounds, with a reading of the clock (" + escaped(e.clock) + ", " +
         fixed(p.clock_ns, 1) +
         " ns) before and after every call of a stage. The code of the stages is the same with and without "
         "these readings. A sample takes " +
         html_time(e.plain_ns) + " without them and " + html_time(e.timed_ns) + " with them (" +
         fixed((e.timed_ns / e.plain_ns - 1) * 100, 1) +
         " %); shares are of the latter. What the loader does around the code is not in it.</p>\n"
         "<p>Bytes are whole cache lines, each counted once a call, of the first samples. A <b>floor</b> is "
         "the least time that a stage's operations take (those of the loop IR, of which the code generator "
         "folds "
         "a few), the largest of: the bytes of its loads and stores at " +
         fixed(p.l1_bytes_per_ns, 0) + " GB/s (first cache), its cache lines at " +
         fixed(p.l2_bytes_per_ns, 0) +
         " GB/s (second cache), what it "
         "stores past the caches at " +
         fixed(p.memory_bytes_per_ns, 1) + " GB/s (memory), its vector operations at " +
         fixed(p.vector_ops_per_ns, 2) +
         " a nanosecond (arithmetic). These rates were measured on this machine by small loops of generated "
         "code: copies between buffers of 8 KiB and of 96 KiB, reads and writes counted together, streamed "
         "stores to 64 MiB, and independent vector additions. "
         "The floors of entropy decoding and of functions of yours count bytes only and say nothing of what "
         "else they do.</p>\n";
}

}  // namespace

std::string explanation_html(const Explanation& e, std::string_view title) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>" +
      escaped(title) + " explained</title>\n<style>" + html_style(e) + "</style></head>\n<body>\n";
  html += head(e, title);
  html += "<h2>Where the time goes</h2>\n" + html_times(e);
  html += "<h2>What became of each operation</h2>\n<div class=\"cols\"><div>" + html_graph(e) + "</div>" +
          fates(e) + "</div>\n" + graph_text(e);
  html += "<h2>What did not fuse, and why</h2>\n" + seams(e);
  html += "<h2>Constants in the code</h2>\n" + constants(e);
  html += "<h2>Scratch memory</h2>\n" + memory(e);
  html += "<h2>How it was measured</h2>\n" + method(e);
  html +=
      "<h2 class=\"code-head\">Loops and instructions</h2>\n<p class=\"screen\">On the left the loop IR, on "
      "the right the instructions, in blocks that name the line "
      "they come from. Select a line to mark what was made of it, or a block to find its line. Grey lines "
      "left no instruction of their own: "
      "they were folded into others.</p>\n" +
      html_code(e);
  html += "<footer>Made by <code>headrace explain</code>.</footer>\n<script>" + std::string(kScript) +
          "</script>\n</body></html>\n";
  return html;
}

}  // namespace headrace
