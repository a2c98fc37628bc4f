#include "compiler/lower/batch.h"

#include <algorithm>
#include <functional>
#include <map>

#include "compiler/lower/abi_layout.h"
#include "compiler/lower/draws.h"
#include "compiler/lower/stages.h"
#include "ir/mixing.h"

namespace headrace::lowering {

using graph::Graph;
using graph::Kind;
using graph::Node;
using loop::Builder;
using loop::Function;
using loop::kF32;
using loop::kF64;
using loop::kI32;
using loop::kI64;
using loop::kPtr;
using loop::V;
using loop::Values;
using LOp = loop::Op;
using GOp = graph::Op;

namespace {

int64_t count_of(const graph::Type& t) {
  return t.kind == Kind::vector_pair ? t.width : t.height * t.width * t.channels;
}

class BatchBuilder {
 public:
  explicit BatchBuilder(const Graph& g)
      : g_(g),
        b_("batch"),
        frame_(b_.param(kPtr)),
        draws_(b_, frame_, kBatchKey),
        outputs_(b_.load(kPtr, frame_, kBatchOutputs)),
        half_(loop::lshr(b_.load(kI64, frame_, kBatchRows), 1)),
        output_of_(g.batch.nodes.size()) {}

  Function build() {
    for (graph::ValueId id = 0; id < g_.batch.nodes.size(); ++id) values_.push_back(value(id));
    const V mask = b_.load(kPtr, frame_, kBatchMask);
    const loop::Type byte = loop::vec(loop::Scalar::i8, 1);
    const V none = b_.constant(byte, 0);
    b_.for_(b_.load(kI64, frame_, kBatchBegin), b_.load(kI64, frame_, kBatchEnd), b_.i64(1), [&](V i) {
      const V first = b_.load(byte, mask, i), second = b_.load(byte, mask, i + half_);
      b_.if_(b_.compare(loop::Pred::ne, first, none) & b_.compare(loop::Pred::ne, second, none),
             [&] { pair(i); });
    });
    return b_.finish();
  }

 private:
  V real(V i) { return b_.convert(LOp::sitofp, i, kF64); }
  V integer(V f) { return b_.convert(LOp::fptosi, f, kI64); }
  V as_bool(V flag) { return b_.convert(LOp::zext, flag, kI64); }

  // What is drawn for the batch: flags are i64; pairs have no value, but an output.
  Values value(graph::ValueId id) {
    const Node& n = g_.batch[id];
    auto in = [&](size_t i) -> const Values& { return values_[n.operands[i]]; };
    switch (n.op) {
      case GOp::const_bool:
        return {b_.i64(n.int_attr("value"))};
      case GOp::random_bool:
        return {as_bool(uniform(n) < b_.f64(n.real_attr("p")))};
      case GOp::random_interval: {
        const V u = uniform(n);
        return {as_bool((u >= b_.f64(n.real_attr("low"))) & (u < b_.f64(n.real_attr("high"))))};
      }
      case GOp::and_bool:
        return {in(0)[0] & in(1)[0]};
      case GOp::random_beta:
        return if_needed(id, {b_.f64(0.5)}, [&] { return Values{random_beta(n)}; });
      case GOp::cut_rect: {
        const V zero = b_.i64(0);
        return if_needed(id, {zero, zero, zero, zero}, [&] { return cut_rect(n, in(0)[0]); });
      }
      case GOp::cut_share:
        return {cut_share(g_.batch[n.operands[0]], in(0))};
      case GOp::pair: {
        const auto output = std::find_if(g_.outputs.begin(), g_.outputs.end(), [&](const graph::Output& o) {
          return o.name == n.text_attr("output");
        });
        output_of_[id] = size_t(output - g_.outputs.begin());
        return {};
      }
      default:
        output_of_[id] = output_of_[n.operands[0]];
        return {};
    }
  }

  // The flag without which nothing uses a value; kNoValue if there is no such one.
  graph::ValueId flag_of(graph::ValueId id) const {
    graph::ValueId flag = graph::kNoValue;
    for (graph::ValueId user = id + 1; user < g_.batch.nodes.size(); ++user) {
      const Node& n = g_.batch[user];
      if (std::find(n.operands.begin(), n.operands.end(), id) == n.operands.end()) continue;
      const graph::ValueId of_user =
          n.op == GOp::blend || n.op == GOp::exchange ? n.operands[2] : flag_of(user);
      if (of_user == graph::kNoValue || (flag != graph::kNoValue && flag != of_user)) return graph::kNoValue;
      flag = of_user;
    }
    return flag;
  }

  // Draws are not made for what does not happen. Flags stand anywhere before the pairs they decide on.
  Values if_needed(graph::ValueId id, const Values& otherwise, const std::function<Values()>& compute) {
    const graph::ValueId flag = flag_of(id);
    if (flag >= id || g_.batch[flag].op == GOp::const_bool) return compute();
    return b_.if_(values_[flag][0] == b_.i64(1), compute, [&] { return otherwise; });
  }

  V uniform(const Node& n) {
    const auto [known, inserted] = uniforms_.try_emplace(n.text_attr("rng"));
    if (inserted) {
      const Values d = draws_.draw(draws_.op_key(known->first), b_.i32(0));
      known->second = loop::uniform_f64(d[0], d[1]);
    }
    return known->second;
  }

  // mixing::random_beta(): first a point in the disc, then what follows from it.
  V random_beta(const Node& n) {
    const Values key = draws_.op_key(n.text_attr("rng"));
    const V one = b_.f64(1.0), zero = b_.f64(0.0), two = b_.f64(2.0), half = b_.f64(0.5);
    const Values point =
        b_.for_(b_.i64(0), b_.i64(mixing::kShareAttempts), b_.i64(1), {b_.i64(0), zero, zero},
                [&](V attempt, const Values& c) {
                  return b_.if_(
                      c[0] == b_.i64(1), [&] { return c; },
                      [&] {
                        const Values d = draws_.draw(
                            key, b_.convert(LOp::trunc, attempt, kI32) + int64_t(mixing::kShareDraw));
                        const V x = two * loop::uniform_f64(d[0], d[1]) - one,
                                y = two * loop::uniform_f64(d[2], d[3]) - one;
                        const V r = x * x + y * y;
                        return Values{as_bool((r > zero) & (r <= one)), x, r};
                      });
                });
    return b_.if_(
        point[0] == b_.i64(1),
        [&] {
          const V x = point[1], r = point[2];
          const V w = loop::exp_f64(b_.f64(1.0 / n.real_attr("alpha")) * loop::log_f64(r));
          const V p = x * x / r * (one - w);
          const V total = w + p;
          const V near = half * (w / total) / (one + b_.unary(LOp::sqrt, p / total));
          return Values{b_.select(x < zero, near, one - near)};
        },
        [&] { return Values{half}; })[0];
  }

  Values cut_rect(const Node& n, V share) {
    const V height = b_.i64(n.int_attr("height")), width = b_.i64(n.int_attr("width")), zero = b_.i64(0);
    const V side = b_.f64(0.5) * b_.unary(LOp::sqrt, b_.f64(1.0) - share);
    const V half_height = integer(side * real(height)), half_width = integer(side * real(width));
    const Values d = draws_.draw(draws_.op_key(n.text_attr("rng")), b_.i32(int64_t(mixing::kBoxDraw)));
    const V x = loop::below(d[0], width), y = loop::below(d[1], height);
    const V top = max(y - half_height, zero), left = max(x - half_width, zero);
    return {top, left, min(y + half_height, height) - top, min(x + half_width, width) - left};
  }

  V cut_share(const Node& box, const Values& rect) {
    const double area = double(box.int_attr("height") * box.int_attr("width"));
    return b_.f64(1.0) - real(rect[2] * rect[3]) / b_.f64(area);
  }

  void pair(V i) {
    for (graph::ValueId id = 0; id < g_.batch.nodes.size(); ++id) {
      const Node& n = g_.batch[id];
      if (n.op != GOp::blend && n.op != GOp::exchange) continue;
      auto mix = [&] { n.op == GOp::blend ? blend(id, i) : exchange(id, i); };
      const Node& flag = g_.batch[n.operands[2]];
      if (flag.op != GOp::const_bool) {
        b_.if_(values_[n.operands[2]][0] == b_.i64(1), mix);
      } else if (flag.int_attr("value") == 1) {
        mix();
      }
    }
  }

  // The output's rows i and i + half.
  Values rows(graph::ValueId id, V i) {
    const graph::Type& t = g_.batch[id].type;
    const V bytes = b_.i64(count_of(t) * elem_bytes(t.elem));
    const V first = b_.load(kPtr, outputs_, int64_t(8 * output_of_[id])) + i * bytes;
    return {first, first + half_ * bytes};
  }

  void blend(graph::ValueId id, V i) {
    const graph::Type& t = g_.batch[id].type;
    const Values at = rows(id, i);
    const V share = b_.convert(LOp::fptrunc, values_[g_.batch[id].operands[1]][0], kF32);
    b_.call_checked(blend_stage_name(t.elem),
                    {at[0], at[1], b_.i64(count_of(t)), share, b_.real(kF32, 1.0) - share});
  }

  void exchange(graph::ValueId id, V i) {
    const graph::Type& t = g_.batch[id].type;
    const Values at = rows(id, i), &box = values_[g_.batch[id].operands[1]];
    const bool planar = t.layout == Layout::nchw;
    const int64_t pixel = elem_bytes(t.elem) * (planar ? 1 : t.channels),
                  plane = t.height * t.width * elem_bytes(t.elem);
    const V offset = (box[0] * t.width + box[1]) * pixel;
    for (int64_t c = 0; c < (planar ? t.channels : 1); ++c) {
      const V from = offset + c * plane;
      b_.call_checked(kExchangeStage,
                      {at[0] + from, at[1] + from, box[2], box[3] * pixel, b_.i64(t.width * pixel)});
    }
  }

  const Graph& g_;
  Builder b_;
  V frame_;
  Draws draws_;
  V outputs_, half_;
  std::vector<Values> values_;
  std::map<std::string, V> uniforms_;  // by op id
  std::vector<size_t> output_of_;      // of pairs: the number of the output
};

}  // namespace

Function build_batch(const Graph& graph) { return BatchBuilder(graph).build(); }

}  // namespace headrace::lowering
