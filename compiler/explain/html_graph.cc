// The picture of a pipeline: the spec's operations on the left, what runs on the right, and which comes from
// which.
#include <algorithm>
#include <map>
#include <set>

#include "compiler/explain/html_writer.h"
#include "compiler/explain/stage_roles.h"

namespace headrace::explaining {
namespace {

// In units of the picture, which is as wide as a phone's screen.
constexpr int kWidth = 440, kOpWidth = 190, kRight = 226, kBoxWidth = kWidth - kRight - 1;
constexpr int kOpHeight = 30, kOpGap = 12, kBoxHeight = 40, kBoxGap = 9, kNestPad = 9, kNestTitle = 22;
constexpr size_t kOpLetters = 22, kBoxLetters = 25;

std::string shortened(const std::string& text, size_t letters) {
  return text.size() <= letters ? text : text.substr(0, letters - 1) + "\xE2\x80\xA6";
}

std::string number(double v) { return fixed(v, 1); }

struct Box {
  std::string title, note;
  std::string css;
  double share = 0;
  StageKind kind = StageKind::other;
  std::vector<uint32_t> nodes;
  int y = 0;
};

// The order in which data passes through.
int rank_of(const ExplainedStage& s) {
  if (!s.generated) return s.name.ends_with("_open") || s.name.ends_with("_scaled") ? 0 : 3;
  if (s.name.find("table") != std::string::npos) return 1;
  switch (s.kind) {
    case StageKind::entropy:
      return 3;
    case StageKind::idct:
      return 4;
    case StageKind::resize:
      return s.name.starts_with("columns") ? 5 : 6;
    case StageKind::store:
      return 7;
    case StageKind::other:
      return 8;
  }
  return 8;
}

// The name of an op: the value of its key "op", or its first word.
std::string op_name_of(const ExplainedOp& op) {
  const size_t key = op.text.find("\"op\":\"");
  if (key == std::string::npos) return op.text;
  const size_t begin = key + 6;
  return op.text.substr(begin, op.text.find('"', begin) - begin);
}

class Picture {
 public:
  explicit Picture(const Explanation& e) : e_(e) {}

  std::string run() {
    ops();
    data();
    for (const ExplainedNest& nest : e_.nests) draw_nest(nest);
    const int height = std::max(left_, right_) + 4;
    return "<svg viewBox=\"0 0 " + std::to_string(kWidth) + " " + std::to_string(height) +
           "\" role=\"img\" aria-label=\"Operations of the spec and the stages that compute them\">\n"
           "<text class=\"s\" x=\"1\" y=\"12\">as written</text><text class=\"s\" x=\"" +
           std::to_string(kRight) + "\" y=\"12\">as compiled</text>\n" + ties_ + svg_ + "</svg>\n";
  }

 private:
  void text(int x, int y, const char* css, const std::string& content, size_t letters) {
    svg_ += "<text class=\"" + std::string(css) + "\" x=\"" + std::to_string(x) + "\" y=\"" +
            std::to_string(y) + "\">" + escaped(shortened(content, letters)) + "</text>\n";
  }
  void rect(int x, int y, int w, int h, const std::string& css) {
    svg_ += "<rect class=\"" + css + "\" x=\"" + std::to_string(x) + ".5\" y=\"" + std::to_string(y) +
            ".5\" width=\"" + std::to_string(w - 1) + "\" height=\"" + std::to_string(h - 1) +
            "\" rx=\"5\"/>\n";
  }
  void arrow(int x, int from, int to) {
    svg_ += "<path class=\"flow\" d=\"M" + std::to_string(x) + " " + std::to_string(from) + "V" +
            std::to_string(to - 4) + "\"/><path class=\"tip\" d=\"M" + std::to_string(x - 4) + " " +
            std::to_string(to - 6) + "h8l-4 6z\"/>\n";
  }

  // Operations of outputs that have a nest, one under another.
  void ops() {
    std::set<std::string> nests;
    for (const ExplainedNest& n : e_.nests) nests.insert(n.name);
    std::string output;
    for (const ExplainedOp& op : e_.ops) {
      if (!nests.contains(op.output)) continue;
      const bool first = op.output != output;
      if (first) {
        left_ += 18;
        text(1, left_ - 5, "s", "\"" + op.output + "\"", 22);
        output = op.output;
      } else {
        arrow(kOpWidth / 2, left_, left_ + kOpGap);
        left_ += kOpGap;
      }
      rect(0, left_, kOpWidth, kOpHeight, "box");
      text(9, left_ + 19, "", op_name_of(op), kOpLetters);
      op_y_.emplace_back(&op, left_ + kOpHeight / 2);
      left_ += kOpHeight;
    }
  }

  void data() {
    right_ += 14;
    rect(kRight, right_, kBoxWidth, kBoxHeight, "box");
    text(kRight + 9, right_ + 17, "", e_.encodings + " in the file", kBoxLetters);
    text(kRight + 9, right_ + 32, "s", fixed(e_.coded_bytes / 1024, 1) + " KiB a sample", kBoxLetters + 4);
    right_ += kBoxHeight;
  }

  std::vector<Box> boxes_of(const ExplainedNest& nest, bool generated) const {
    std::vector<std::pair<int, Box>> ranked;
    for (const ExplainedStage& s : e_.stages) {
      if (s.calls == 0 || s.generated != generated || s.name.ends_with("_close")) continue;
      if (generated && s.kind == StageKind::other) continue;
      const bool named = std::find(nest.stages.begin(), nest.stages.end(), s.name) != nest.stages.end();
      const ExplainedNode& first = e_.nodes[nest.nodes.front()];
      const auto computes = [&](uint32_t id) {
        return std::find(s.nodes.begin(), s.nodes.end(), id) != s.nodes.end();
      };
      const bool feeds = !generated && (computes(nest.nodes.front()) ||
                                        (!first.operands.empty() && computes(first.operands[0])));
      if (!named && !feeds) continue;
      Box box{s.name, fixed(s.ns / 1e3, 2) + " \xC2\xB5s, " + fixed(s.ns / e_.timed_ns * 100, 1) + " %",
              "box",  s.ns / e_.timed_ns,
              s.kind, s.nodes,
              0};
      if (!generated) box.css += " dash";
      if (s.name == kUserCall) name_function(box, first.operands[0]);
      const auto shared = std::count_if(e_.nests.begin(), e_.nests.end(), [&](const ExplainedNest& n) {
        return std::find(n.stages.begin(), n.stages.end(), s.name) != n.stages.end();
      });
      if (shared > 1) box.note += ", all nests";
      ranked.emplace_back(rank_of(s), std::move(box));
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Box> boxes;
    for (auto& [rank, box] : ranked) boxes.push_back(std::move(box));
    return boxes;
  }

  // The function's own name, and only the call before this nest; the time is that of all calls.
  void name_function(Box& box, uint32_t call) const {
    const std::string key = "symbol=\"", &line = e_.nodes[call].text;
    const size_t at = line.find(key);
    if (at != std::string::npos)
      box.title = line.substr(at + key.size(), line.find('"', at + key.size()) - at - key.size());
    if (box.nodes.size() > 1) box.note += ", all calls";
    box.nodes = {call};
  }

  bool is_call(uint32_t id) const { return e_.nodes[id].op == "call"; }

  void draw_box(const Box& box, int x, int width) {
    rect(x, right_, width, kBoxHeight, box.css);
    text(x + 9, right_ + 16, "", box.title, kBoxLetters);
    text(x + 9, right_ + 31, "s", box.note, kBoxLetters + 4);
    const double bar = std::max(2.0, double(width - 2) * box.share);
    svg_ += "<rect class=\"f-" + std::string(kind_class(box.kind)) + "\" x=\"" + std::to_string(x + 1) +
            "\" y=\"" + std::to_string(right_ + kBoxHeight - 5) + "\" width=\"" + number(bar) +
            "\" height=\"4\" rx=\"2\"/>\n";
  }

  // Lines from the ops to a box that computes them; from calls of functions to the functions.
  void tie(const std::vector<uint32_t>& nodes, int x, int y) {
    const auto calls = [&](const std::vector<uint32_t>& ids) {
      return std::any_of(ids.begin(), ids.end(), [&](uint32_t id) { return is_call(id); });
    };
    for (const auto& [op, op_y] : op_y_) {
      if (calls(op->nodes) != calls(nodes)) continue;
      const bool linked = std::any_of(op->nodes.begin(), op->nodes.end(), [&](uint32_t id) {
        return std::find(nodes.begin(), nodes.end(), id) != nodes.end();
      });
      if (!linked) continue;
      const int middle = (kOpWidth + x) / 2;
      ties_ += "<path class=\"tie\" d=\"M" + std::to_string(kOpWidth) + " " + std::to_string(op_y) + "C" +
               std::to_string(middle) + " " + std::to_string(op_y) + " " + std::to_string(middle) + " " +
               std::to_string(y) + " " + std::to_string(x) + " " + std::to_string(y) + "\"/>\n";
    }
  }

  void draw_nest(const ExplainedNest& nest) {
    bool from_above = &nest == &e_.nests.front() || reads_nest_before(nest);
    for (const Box& box : boxes_of(nest, false)) {
      if (from_above) arrow(kRight + kBoxWidth / 2, right_, right_ + kBoxGap + 4);
      right_ += kBoxGap + (from_above ? 4 : 16);
      from_above = true;
      draw_box(box, kRight, kBoxWidth);
      if (box.nodes.size() == 1 && is_call(box.nodes[0])) tie(box.nodes, kRight, right_ + kBoxHeight / 2);
      right_ += kBoxHeight;
    }
    arrow(kRight + kBoxWidth / 2, right_, right_ + kBoxGap + 6);
    right_ += kBoxGap + 6;
    const int top = right_;
    right_ += kNestTitle;
    text(kRight + 9, right_ - 6, "s h", "one loop nest", 26);
    bool first = true;
    for (const Box& box : boxes_of(nest, true)) {
      if (!first) right_ += kBoxGap - 3;
      first = false;
      draw_box(box, kRight + kNestPad, kBoxWidth - 2 * kNestPad);
      right_ += kBoxHeight;
    }
    right_ += kNestPad;
    rect(kRight, top, kBoxWidth, right_ - top, "nest");
    tie(nest.nodes, kRight, top + (right_ - top) / 2);
    arrow(kRight + kBoxWidth / 2, right_, right_ + kBoxGap + 4);
    right_ += kBoxGap + 4;
    rect(kRight, right_, kBoxWidth, kBoxHeight, "box");
    const bool output = std::any_of(e_.ops.begin(), e_.ops.end(),
                                    [&](const ExplainedOp& op) { return op.output == nest.name; });
    text(kRight + 9, right_ + 17, "", output ? "output \"" + nest.name + "\"" : "image in scratch",
         kBoxLetters);
    text(kRight + 9, right_ + 32, "s", type_of(nest.nodes.back()), kBoxLetters + 6);
    right_ += kBoxHeight;
  }

  // Whether a nest reads the image that the nest before it has left, if only through a function of the
  // user's.
  bool reads_nest_before(const ExplainedNest& nest) const {
    const size_t number = size_t(&nest - e_.nests.data());
    uint32_t at = nest.nodes.front();
    while (number > 0 && !e_.nodes[at].operands.empty()) {
      at = e_.nodes[at].operands[0];
      if (at == e_.nests[number - 1].nodes.back()) return true;
    }
    return false;
  }

  // What follows the colon of a value's line.
  std::string type_of(uint32_t id) const {
    const std::string& line = e_.nodes[id].text;
    const size_t colon = line.rfind(" : ");
    return colon == std::string::npos ? "" : line.substr(colon + 3);
  }

  const Explanation& e_;
  std::string svg_, ties_;
  int left_ = 14, right_ = 4;
  std::vector<std::pair<const ExplainedOp*, int>> op_y_;
};

}  // namespace

std::string html_graph(const Explanation& e) { return Picture(e).run(); }

}  // namespace headrace::explaining
