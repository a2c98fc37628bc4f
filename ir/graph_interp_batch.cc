#include <variant>

#include "ir/graph_batch.h"
#include "ir/graph_interp.h"
#include "ir/mixing.h"

namespace headrace::graph {
namespace {

using geometry::Rect;

/// What is drawn for a batch, and where the pairs lie.
class Mixer {
 public:
  Mixer(const Graph& g, const hr_batch_frame& frame) : g_(g), frame_(frame) {
    for (const Node& n : g.batch.nodes) values_.push_back(value(n));
  }

  void pair(uint64_t i) const {
    for (ValueId id = 0; id < g_.batch.nodes.size(); ++id) {
      const Node& n = g_.batch[id];
      if ((n.op != Op::blend && n.op != Op::exchange) || !flag(n.operands[2])) continue;
      const size_t output = std::get<size_t>(values_[id]);
      uint8_t* const a = frame_.outputs[output] + i * row_bytes(n.type);
      uint8_t* const b = a + frame_.rows / 2 * row_bytes(n.type);
      if (n.op == Op::blend) {
        mixing::blend(a, b, count(n.type), n.type.elem, mixing::weights(real(n.operands[1])));
      } else {
        mixing::exchange(a, b, n.type, rect(n.operands[1]));
      }
    }
  }

 private:
  /// A draw; of a pair, the number of its output.
  using Value = std::variant<size_t, double, bool, Rect>;

  bool flag(ValueId id) const { return std::get<bool>(values_[id]); }
  double real(ValueId id) const { return std::get<double>(values_[id]); }
  const Rect& rect(ValueId id) const { return std::get<Rect>(values_[id]); }

  static uint64_t count(const Type& t) {
    return t.kind == Kind::vector_pair ? uint64_t(t.width) : uint64_t(t.height * t.width * t.channels);
  }
  static uint64_t row_bytes(const Type& t) {
    return count(t) * (t.elem == Elem::u8 ? 1 : t.elem == Elem::f32 ? 4 : 2);
  }

  Value value(const Node& n) const {
    switch (n.op) {
      case Op::const_bool:
        return n.int_attr("value") != 0;
      case Op::random_bool:
        return geometry::random_bool(n.real_attr("p"), frame_.key, n.text_attr("rng"));
      case Op::random_interval:
        return mixing::random_interval(n.real_attr("low"), n.real_attr("high"), frame_.key,
                                       n.text_attr("rng"));
      case Op::and_bool:
        return flag(n.operands[0]) && flag(n.operands[1]);
      case Op::random_beta:
        return mixing::random_beta(n.real_attr("alpha"), frame_.key, n.text_attr("rng"));
      case Op::cut_rect:
        return mixing::cut_rect(real(n.operands[0]), n.int_attr("height"), n.int_attr("width"), frame_.key,
                                n.text_attr("rng"));
      case Op::cut_share: {
        const Node& box = g_.batch[n.operands[0]];
        return mixing::cut_share(rect(n.operands[0]), box.int_attr("height"), box.int_attr("width"));
      }
      case Op::pair:
        for (size_t k = 0; k < g_.outputs.size(); ++k) {
          if (g_.outputs[k].name == n.text_attr("output")) return k;
        }
        return size_t{0};
      default:
        return values_[n.operands[0]];  // blend and exchange, of the same output
    }
  }

  const Graph& g_;
  const hr_batch_frame& frame_;
  std::vector<Value> values_;
};

}  // namespace

hr_result evaluate_batch(const Graph& graph, const hr_batch_frame& frame) {
  const Mixer mixer(graph, frame);
  for (uint64_t i = frame.begin; i < frame.end; ++i) {
    if (frame.mask[i] != 0 && frame.mask[i + frame.rows / 2] != 0) mixer.pair(i);
  }
  return HR_OK;
}

}  // namespace headrace::graph
