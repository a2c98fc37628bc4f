#include "compiler/lower/rect_bounds.h"

#include <string>

#include "ir/graph_size.h"

namespace headrace::lowering {

using graph::Graph;
using graph::Node;
using graph::Op;
using graph::StaticSize;
using graph::ValueId;

namespace {

// Operands of a resample.
enum : size_t { kSource, kRect, kSize, kWindow };

// Sizes as texts: two that are the same text are the same size for every sample. A text may chain and share
// values as it likes, so there is an end to looking at them.
class Sizes {
 public:
  explicit Sizes(const Graph& g) : g_(g) {}

  std::string of_image(ValueId id) {
    if (tired()) return "image %" + std::to_string(id);
    const Node& n = g_[id];
    switch (n.op) {
      case Op::field:
        return "field " + n.text_attr("name");
      case Op::decode:
        return n.operands.size() == 2 ? of_rect(n.operands[1]) : of_image(n.operands[0]);
      case Op::crop:
        return of_rect(n.operands[1]);
      case Op::resize:
        return of_size(n.operands[1]);
      case Op::resample:
        return of_rect(n.operands[kWindow]);
      default:
        return of_image(n.operands[0]);
    }
  }

  std::string of_size(ValueId id) {
    if (tired()) return "size %" + std::to_string(id);
    if (const std::string known = constant(id); !known.empty()) return known;
    const Node& n = g_[id];
    switch (n.op) {
      case Op::image_size:
        return of_image(n.operands[0]);
      case Op::rect_size:
        return of_rect(n.operands[0]);
      case Op::short_side_size:
        return "short side " + std::to_string(n.int_attr("short_side")) + " of " + of_size(n.operands[0]);
      default:
        return "size %" + std::to_string(id);
    }
  }

  std::string of_rect(ValueId id) {
    if (tired()) return "rect %" + std::to_string(id);
    if (const std::string known = constant(id); !known.empty()) return known;
    const Node& n = g_[id];
    switch (n.op) {
      case Op::full_rect:
        return of_size(n.operands[0]);
      case Op::mirror_rect:
        return of_rect(n.operands[0]);
      case Op::compose_rect:
        return of_rect(n.operands[1]);
      default:
        return "rect %" + std::to_string(id);
    }
  }

  // Every op that makes a rectangle from a size makes one that lies in it, or fails.
  bool lies_in(ValueId rect, const std::string& size) {
    if (tired()) return false;
    const Node& n = g_[rect];
    switch (n.op) {
      case Op::compose_rect:
        return lies_in(n.operands[0], size) && lies_in(n.operands[1], of_rect(n.operands[0]));
      case Op::mirror_rect:
        return of_size(n.operands[1]) == size && lies_in(n.operands[0], size);
      default:
        return of_size(n.operands[0]) == size;
    }
  }

 private:
  bool tired() { return left_ == 0 || --left_ == 0; }

  std::string constant(ValueId id) const {
    const StaticSize s = graph::static_size(g_, id);
    return s.known() ? std::to_string(s.height) + "x" + std::to_string(s.width) : "";
  }

  const Graph& g_;
  int left_ = 500;  // values to look at
};

}  // namespace

bool rect_lies_in_source(const Graph& g, const Node& n) {
  Sizes sizes(g);
  return sizes.lies_in(n.operands[kRect], sizes.of_image(n.operands[kSource]));
}

bool window_lies_in_result(const Graph& g, const Node& n) {
  Sizes sizes(g);
  return sizes.lies_in(n.operands[kWindow], sizes.of_size(n.operands[kSize]));
}

bool window_is_rect(const Graph& g, const Node& n) {
  Sizes sizes(g);
  const std::string rect = sizes.of_rect(n.operands[kRect]);
  return sizes.of_rect(n.operands[kWindow]) == rect && sizes.lies_in(n.operands[kWindow], rect);
}

}  // namespace headrace::lowering
