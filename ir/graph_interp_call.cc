#include <utility>

#include "headrace/philox.h"
#include "ir/graph_calls.h"
#include "ir/graph_interp.h"

namespace headrace::graph {

hr_result call_image(const Graph& g, const Node& n, const ImageValue& in, const Env& env, ImageValue& out) {
  if (env.call == nullptr) return HR_E_INTERNAL;
  const Type& operand = g[n.operands[0]].type;
  const size_t count = size_t(in.height * in.width * in.channels);
  const std::vector<uint8_t> in_bytes(in.ints.begin(), in.ints.end());
  std::vector<uint8_t> out_bytes;
  out.elem = n.type.elem;
  out.height = in.height;
  out.width = in.width;
  out.channels = in.channels;
  const bool floats = out.elem == Elem::f32;
  if (floats)
    out.floats.resize(count);
  else
    out_bytes.resize(count);
  UserCall call;
  call.function = call_index(calls_of(g), n);
  call.in = operand.elem == Elem::f32 ? static_cast<const void*>(in.floats.data()) : in_bytes.data();
  call.out = floats ? static_cast<void*>(out.floats.data()) : out_bytes.data();
  call.rows = in.height;
  call.cols = in.width;
  call.kind = call_kind(n, operand);
  call.op = philox::op_hash(n.text_attr("rng"));
  if (const hr_result e = env.call(env.call_context, call, env.key, env.error)) return e;
  out.ints.assign(out_bytes.begin(), out_bytes.end());
  return HR_OK;
}

}  // namespace headrace::graph
