#include "compiler/frontend/build_batch.h"

#include <numeric>

#include "compiler/graph_edit.h"

namespace headrace {
namespace {

using namespace graph;

class BatchPart {
 public:
  explicit BatchPart(Graph& g) : g_(g), pairs_(g.outputs.size(), kNoValue) {}

  void add(const spec::BatchStep& step) {
    if (step.weights.empty()) return add(step.ops.front(), kNoValue);
    // Each op has its part of the interval [0, 1).
    const double total = std::accumulate(step.weights.begin(), step.weights.end(), 0.0);
    double sum = 0, low = 0;
    for (size_t i = 0; i < step.ops.size(); ++i) {
      sum += step.weights[i];
      const double high = i + 1 == step.ops.size() ? 1.0 : sum / total;
      add(step.ops[i],
          emit(g_.batch, Op::random_interval, {}, {{"low", low}, {"high", high}, {"rng", step.pointer}}));
      low = high;
    }
  }

  void finish() {
    for (size_t k = 0; k < pairs_.size(); ++k) {
      if (pairs_[k] != kNoValue) g_.batch.outputs.push_back({g_.outputs[k].name, pairs_[k]});
    }
  }

 private:
  // The pair of an output as the ops before have left it.
  ValueId& pair(const std::string& output) {
    size_t k = 0;
    while (g_.outputs[k].name != output) ++k;
    if (pairs_[k] == kNoValue) {
      pairs_[k] = g_.batch.add(Op::pair, {}, {{"output", output}}, pair_type(g_[g_.outputs[k].value].type));
    }
    return pairs_[k];
  }

  ValueId applies(const spec::Mix& m, ValueId chosen) {
    if (m.p == 1)
      return chosen != kNoValue ? chosen : emit(g_.batch, Op::const_bool, {}, {{"value", int64_t(1)}});
    const ValueId happens = emit(g_.batch, Op::random_bool, {}, {{"p", m.p}, {"rng", m.pointer}});
    return chosen == kNoValue ? happens : emit(g_.batch, Op::and_bool, {chosen, happens});
  }

  void add(const spec::Mix& m, ValueId chosen) {
    const ValueId flag = applies(m, chosen);
    ValueId share = emit(g_.batch, Op::random_beta, {}, {{"alpha", m.alpha}, {"rng", m.pointer}});
    ValueId box = kNoValue;
    // The box is that of the images' size; vectors are blended by what it leaves.
    for (const std::string& output : m.outputs) {
      const Type type = g_.batch[pair(output)].type;
      if (!m.cuts || type.kind != Kind::tensor_pair || box != kNoValue) continue;
      box = emit(g_.batch, Op::cut_rect, {share},
                 {{"height", type.height}, {"width", type.width}, {"rng", m.pointer}});
    }
    if (m.cuts) share = emit(g_.batch, Op::cut_share, {box});
    for (const std::string& output : m.outputs) {
      ValueId& value = pair(output);
      const bool cut = m.cuts && g_.batch[value].type.kind == Kind::tensor_pair;
      value = cut ? emit(g_.batch, Op::exchange, {value, box, flag})
                  : emit(g_.batch, Op::blend, {value, share, flag});
    }
  }

  Graph& g_;
  std::vector<ValueId> pairs_;  // by output
};

}  // namespace

void build_batch(const spec::Spec& spec, Graph& graph) {
  BatchPart part(graph);
  for (const spec::BatchStep& step : spec.batch) part.add(step);
  part.finish();
}

}  // namespace headrace
