// An explanation as text for a terminal.
#include <algorithm>
#include <cstdio>
#include <string>

#include "headrace/explain.h"

namespace headrace {
namespace {

template <class... Args>
std::string format(const char* form, Args... args) {
  char text[2048];
  std::snprintf(text, sizeof text, form, args...);
  return text;
}

std::string bytes_text(double bytes) {
  if (bytes < 1024) return format("%.0f B", bytes);
  if (bytes < 1024 * 1024) return format("%.1f KiB", bytes / 1024);
  return format("%.1f MiB", bytes / 1024 / 1024);
}

class Text {
 public:
  explicit Text(const Explanation& e) : e_(e) {}

  std::string run() {
    head();
    ops();
    seams();
    constants();
    times();
    memory();
    floors();
    return std::move(out_);
  }

 private:
  void title(const char* text) { out_ += std::string("\n") + text + "\n"; }

  void head() {
    out_ += e_.cpu + ", " + e_.isa + ", " + std::to_string(e_.vector_bits) + "-bit vectors, numerics " +
            e_.numerics + ", " + e_.generator + "\n";
    out_ += e_.data + ": " + std::to_string(e_.samples) + " samples (" + e_.encodings + "), " +
            bytes_text(e_.coded_bytes) + " read and " + bytes_text(e_.output_bytes) + " written a sample\n";
  }

  void ops() {
    title("What became of each operation");
    for (const ExplainedOp& op : e_.ops)
      out_ += "  " + op.pointer + "  " + op.text + "\n      " + op.fate + "\n";
    for (const ExplainedNest& nest : e_.nests) {
      out_ += "  nest \"" + nest.name + "\":";
      for (const uint32_t id : nest.nodes) out_ += " %" + std::to_string(id) + " " + e_.nodes[id].op;
      const bool output = std::any_of(e_.ops.begin(), e_.ops.end(),
                                      [&](const ExplainedOp& op) { return op.output == nest.name; });
      const std::vector<uint32_t>& sources = e_.nodes[nest.nodes.front()].operands;
      const std::string source = sources.empty() ? "" : e_.nodes[sources[0]].op;
      const bool reads_image = source == "call" || source == "strips";
      out_ += "\n      one loop nest, strip by strip";
      if (reads_image)
        out_ += std::string(", of the image that ") + (source == "call" ? "a function" : "another nest") +
                " has left in scratch memory";
      if (output) {
        out_ += std::string(": no ") + (reads_image ? "other" : "image") +
                " is written to memory before the output\n";
      } else {
        out_ += std::string(": its image is kept in scratch memory, for ") +
                (is_handed(nest) ? "a function" : "another nest") + "\n";
      }
    }
  }

  // Whether a function gets the image that a nest leaves.
  bool is_handed(const ExplainedNest& nest) const {
    return std::any_of(e_.nodes.begin(), e_.nodes.end(), [&](const ExplainedNode& n) {
      return n.op == "call" && !n.operands.empty() && n.operands[0] == nest.nodes.back();
    });
  }

  void seams() {
    title("What did not fuse, and why");
    for (const ExplainedSeam& seam : e_.seams) {
      out_ +=
          "  " + seam.where + (seam.used ? "" : " (not for these samples)") + "\n      " + seam.why + "\n";
    }
  }

  void constants() {
    title("Constants in the code");
    for (const ExplainedConstant& c : e_.constants)
      out_ += format("  %-6s %-34s ", c.from.c_str(), c.name.c_str()) + c.value + "\n";
  }

  void times() {
    title("Time of a sample, one thread");
    out_ += format(
        "  %.1f us in the pipeline's code; with timers around every call %.1f us (%+.1f %%), of which the "
        "stages are parts\n",
        e_.plain_ns / 1e3, e_.timed_ns / 1e3, (e_.timed_ns / e_.plain_ns - 1) * 100);
    for (const StageKind kind :
         {StageKind::entropy, StageKind::idct, StageKind::resize, StageKind::store, StageKind::other}) {
      double ns = 0;
      for (const ExplainedStage& s : e_.stages) ns += s.kind == kind ? s.ns : 0;
      out_ += format("  %-16s %5.1f %%  %8.2f us\n", std::string(stage_kind_name(kind)).c_str(),
                     ns / e_.timed_ns * 100, ns / 1e3);
    }
    out_ += format("\n  %-28s %8s %9s %7s %11s %11s %9s %-12s %6s\n", "stage", "calls", "us", "share", "read",
                   "written", "floor us", "floor by", "x floor");
    for (const ExplainedStage* s : by_time()) {
      if (s->calls == 0) continue;
      out_ += format("  %-28s %8.1f %9.2f %6.1f%% %11s %11s", s->name.c_str(), s->calls, s->ns / 1e3,
                     s->ns / e_.timed_ns * 100, bytes_text(s->bytes_read).c_str(),
                     bytes_text(s->bytes_written).c_str());
      if (s->floor_ns > 0)
        out_ += format(" %9.2f %-12s %6.1f", s->floor_ns / 1e3, s->floor_by.c_str(), s->ns / s->floor_ns);
      std::string from;
      for (const uint32_t id : s->nodes) from += " %" + std::to_string(id);
      out_ += "\n      " + s->what + (from.empty() || from.size() > 40 ? "" : "; of" + from) + "\n";
    }
  }

  std::vector<const ExplainedStage*> by_time() const {
    std::vector<const ExplainedStage*> sorted;
    for (const ExplainedStage& s : e_.stages) sorted.push_back(&s);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto* a, const auto* b) { return a->ns > b->ns; });
    return sorted;
  }

  void memory() {
    title("Scratch memory");
    out_ += "  " + bytes_text(e_.scratch_bytes) + " a sample, " + bytes_text(e_.largest_scratch_bytes) +
            " at most\n";
    for (const ExplainedMemory& m : e_.memory) {
      out_ += format("  %-12s %-24s %11s of the first sample, %11s at most\n", m.nest.c_str(), m.part.c_str(),
                     bytes_text(double(m.first)).c_str(), bytes_text(double(m.largest)).c_str());
    }
  }

  void floors() {
    title("What floors are");
    const ExplainedPeaks& p = e_.peaks;
    out_ += format(
        "  Measured here by small loops of generated code on one thread: copies of %.0f GB/s in the first "
        "cache\n"
        "  (2 x 8 KiB) and %.0f GB/s in the second (2 x 96 KiB), reads and writes counted together; streamed "
        "stores to memory\n"
        "  of %.1f GB/s (64 MiB); %.2f independent vector additions a nanosecond. A stage's floor is the "
        "largest of: the\n"
        "  bytes of its loads and stores at the first cache's rate; the cache lines it touches, each once a "
        "call, at the\n"
        "  second's; streamed stores at memory's; its vector operations at one addition each. Of entropy "
        "decoding\n  and of functions of yours only bytes are counted: the floor says nothing of what else "
        "they "
        "do.\n"
        "  A reading of the clock (%s) takes %.1f ns.\n",
        p.l1_bytes_per_ns, p.l2_bytes_per_ns, p.memory_bytes_per_ns, p.vector_ops_per_ns, e_.clock.c_str(),
        p.clock_ns);
  }

  const Explanation& e_;
  std::string out_;
};

}  // namespace

std::string explanation_text(const Explanation& e) { return Text(e).run(); }

}  // namespace headrace
