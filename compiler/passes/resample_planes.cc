// Lets a resize read the component planes of a sample that is stored as planes: luma and chroma are resized
// each in its own resolution, chroma by the luma's weights composed with its upsampling, and become RGB
// afterwards. That is less work, and one rounding fewer, than upsampling and converting every source pixel.
// Samples stored as pixels are resized in RGB as before.
#include "compiler/passes/pass.h"

namespace headrace::passes {

using namespace graph;

void resample_planes(Graph& g) {
  for (Node& n : g.nodes) {
    if (n.op != Op::resample || g[n.operands[0]].type.kind != Kind::coded) continue;
    if (n.text_attr("arith") == "q14" && n.text_attr("filter") != "nearest") n.attrs["planes"] = int64_t(1);
  }
}

}  // namespace headrace::passes
