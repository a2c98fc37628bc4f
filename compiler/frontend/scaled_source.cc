#include "compiler/frontend/scaled_source.h"

#include "compiler/graph_edit.h"

namespace headrace {

using namespace graph;

namespace {
ValueId no(Graph& g) { return emit(g, Op::const_bool, {}, {{"value", int64_t(0)}}); }
}  // namespace

ScaledSource::ScaledSource(Graph& graph, ValueId coded)
    : graph_(graph),
      coded_(coded),
      rect_(emit(graph, Op::full_rect, {emit(graph, Op::image_size, {coded})})),
      mirror_h_(no(graph)),
      mirror_v_(no(graph)) {}

ValueId ScaledSource::size() const { return emit(graph_, Op::rect_size, {rect_}); }

void ScaledSource::crop(ValueId rect) {
  const ValueId seen = emit(graph_, Op::mirror_rect, {rect, size(), mirror_h_, mirror_v_});
  rect_ = emit(graph_, Op::compose_rect, {rect_, seen});
}

void ScaledSource::flip(ValueId horizontal, ValueId vertical) {
  mirror_h_ = emit(graph_, Op::xor_bool, {mirror_h_, horizontal});
  mirror_v_ = emit(graph_, Op::xor_bool, {mirror_v_, vertical});
}

ValueId ScaledSource::resize(ValueId size, const std::string& filter) const {
  const ValueId scale = emit(graph_, Op::idct_scale, {coded_, rect_, size});
  const ValueId window = emit(graph_, Op::full_rect, {size});
  return emit(graph_, Op::resample,
              {coded_, rect_, size, window, mirror_h_, mirror_v_, no(graph_), no(graph_), scale},
              {{"filter", filter}, {"arith", std::string("pillow8")}, {"planes", int64_t(0)}});
}

}  // namespace headrace
