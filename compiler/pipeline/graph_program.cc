#include <cstring>

#include "compiler/pipeline/programs.h"
#include "ir/graph_batch.h"
#include "ir/graph_interp.h"
#include "kernels/decoder.h"
#include "kernels/planes.h"
#include "kernels/user_call.h"
#include "runtime/platform/fp_env.h"

namespace headrace {
namespace {

// Pixels of a part, from whatever the field holds. `context` is an hr_decoder.
hr_result decode_field(void* context, const hr_field& f, const graph::CodedPart& part, uint8_t* dst, hr_error* error) {
  const geometry::Rect& r = part.rect;
  const size_t row = size_t(r.width) * 3;
  if (f.encoding == HR_ENCODING_RGB) {
    const uint64_t needed = uint64_t{f.width} * f.height * 3;
    if (f.size < needed) {
      error->code = HR_E_SHORT;
      error->args[0] = int64_t(f.size);
      error->args[1] = int64_t(needed);
      return HR_E_SHORT;
    }
    for (int64_t y = 0; y < r.height; ++y) {
      std::memcpy(dst + size_t(y) * row, f.data + (size_t(r.top + y) * f.width + size_t(r.left)) * 3, row);
    }
    return HR_OK;
  }
  if (f.encoding != HR_ENCODING_JPEG && f.encoding != HR_ENCODING_PACKED && f.encoding != HR_ENCODING_YCC) {
    error->code = HR_E_ENCODING;
    error->args[0] = f.encoding;
    error->args[1] = 1 << HR_ENCODING_JPEG | 1 << HR_ENCODING_RGB | 1 << HR_ENCODING_PACKED | 1 << HR_ENCODING_YCC;
    return HR_E_ENCODING;
  }
  int64_t window[2] = {};
  hr_result result = hr_image_open_scaled(context, f.data, int64_t(f.size), f.width, f.height, f.encoding,
                                          int64_t(f.planes), part.scale, r.top, r.left, r.height, r.width, window, error);
  std::vector<uint8_t> line(static_cast<size_t>(window[1]));
  for (int64_t y = 0; y < r.height && result == HR_OK; ++y) {
    result = hr_image_rows(context, line.data(), window[1], 1, error);
    if (result == HR_OK) std::memcpy(dst + size_t(y) * row, line.data() + window[0] * 3, row);
  }
  return result == HR_OK ? hr_image_close(context, error) : result;
}

// Component planes of a field stored as planes.
hr_result read_field_planes(void* context, const hr_field& f, const graph::CodedPart& part, uint8_t* const* planes,
                            hr_error* error) {
  const geometry::Rect& r = part.rect;
  return read_planes(context, f, {r.top, r.left, r.height, r.width, part.scale}, planes, error);
}

// `context` are the frame's functions.
hr_result call_function(void* context, const graph::UserCall& c, const hr_key& key, hr_error* error) {
  const int64_t stride = c.cols * 3 * ((c.kind & HR_CALL_READS_F32) != 0 ? int64_t(sizeof(float)) : 1);
  return hr_user_call(nullptr, static_cast<const hr_user_function*>(context), int64_t(c.function),
                      static_cast<const uint8_t*>(c.in), stride, nullptr, static_cast<uint8_t*>(c.out), c.rows, c.cols,
                      c.kind, int64_t(c.op), &key, error);
}

class GraphProgram final : public Program {
 public:
  GraphProgram(graph::Graph graph, ProgramInfo info) : graph_(std::move(graph)), info_(std::move(info)) {
    info_.engine = "interp";
    info_.isa = "none";
    for (const ProgramField& f : info_.fields) names_.push_back(f.name);
  }

  const ProgramInfo& info() const override { return info_; }

  hr_result plan(hr_plan_frame& frame) const override {
    const FpEnvironment fp;
    std::vector<graph::Value> values;
    const hr_result result = graph::evaluate_geometry(graph_, env(frame.fields, frame.key, nullptr, frame.error), values);
    if (result != HR_OK) return result;
    for (uint32_t i = 0; i < info_.slot_count; ++i) frame.slots[i] = 0;
    for (uint32_t i = 0; i < frame.field_count; ++i) frame.ranges[i] = {0, frame.fields[i].size};
    frame.scratch_bytes = 0;
    return HR_OK;
  }

  hr_result run(hr_run_frame& frame) const override {
    const FpEnvironment fp;
    graph::Env e = env(frame.fields, frame.key, frame.decoder, frame.error);
    e.call = call_function;
    e.call_context = const_cast<hr_user_function*>(frame.functions);
    return graph::evaluate(graph_, e, std::span(frame.outputs, info_.outputs.size()));
  }

  hr_result batch(hr_batch_frame& frame) const override {
    const FpEnvironment fp;
    return graph::evaluate_batch(graph_, frame);
  }

 private:
  graph::Env env(const hr_field* fields, const hr_key& key, void* decoder, hr_error* error) const {
    graph::Env e;
    e.fields = std::span(fields, info_.fields.size());
    e.field_names = names_;
    e.key = key;
    e.decode = decode_field;
    e.planes = read_field_planes;
    e.decode_context = decoder;
    e.error = error;
    return e;
  }

  graph::Graph graph_;
  ProgramInfo info_;
  std::vector<std::string> names_;
};

}  // namespace

std::shared_ptr<const Program> make_graph_program(graph::Graph graph, ProgramInfo info) {
  return std::make_shared<GraphProgram>(std::move(graph), std::move(info));
}

}  // namespace headrace
