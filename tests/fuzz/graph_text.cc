// Texts of the graph IR. What the parser accepts prints and parses to the same, can be interpreted, survives
// every pass, and means the same afterwards where it should: in exact numerics, and in the loops it is
// lowered to.
#include <algorithm>
#include <cstring>
#include <string>
#include <variant>
#include <vector>

#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/programs.h"
#include "ir/graph_interp.h"
#include "kernels/decoder.h"
#include "target.h"
#include "text_target.h"

namespace headrace::fuzz {
namespace {

// Larger images and longer lists are not run: they would take long, and fail in no other way.
constexpr int64_t kMaxSide = 80;
constexpr size_t kMaxNodes = 80;
constexpr size_t kMaxOutputBytes = 1 << 18;
constexpr uint32_t kWidth = 13, kHeight = 11;

struct Sample {
  uint32_t encoding;
  uint64_t planes;
  std::vector<uint8_t> bytes;  ///< and HR_BUFFER_ALIGNMENT more
  size_t size() const { return bytes.size() - HR_BUFFER_ALIGNMENT; }
};

const std::vector<Sample>& samples() {
  static const std::vector<Sample> list = [] {
    const auto noise = [](size_t size) {
      std::vector<uint8_t> bytes(size + HR_BUFFER_ALIGNMENT);
      for (size_t i = 0; i < size; ++i) bytes[i] = uint8_t(i * i * 7 + i / 3);
      return bytes;
    };
    return std::vector<Sample>{{HR_ENCODING_RGB, 0, noise(kWidth * kHeight * 3)},
                               {HR_ENCODING_YCC, HR_PLANES_420, noise(kWidth * kHeight + 2 * 7 * 6)}};
  }();
  return list;
}

struct Result {
  hr_result code = HR_OK;
  std::string text;
  std::vector<std::vector<uint8_t>> outputs;
  bool operator==(const Result&) const = default;
};

std::vector<hr_field> fields_of(const ProgramInfo& info, const Sample& s) {
  std::vector<hr_field> fields;
  for (const ProgramField& f : info.fields) {
    hr_field field{};
    if (f.kind == FieldKind::image) {
      field = {nullptr, s.size(), 0, kWidth, kHeight, s.encoding, 3, s.planes};
    } else if (f.kind == FieldKind::bytes) {
      field.size = 9;
    } else {
      field.value = 5;
    }
    fields.push_back(field);
  }
  return fields;
}

Result run(const Program& program, const Sample& s) {
  const ProgramInfo& info = program.info();
  static const std::vector<uint8_t> text(9 + HR_BUFFER_ALIGNMENT, 'k');
  std::vector<hr_field> fields = fields_of(info, s);
  const hr_key key{3, 1, 4};
  hr_error error{};
  std::vector<int64_t> slots(info.slot_count);
  std::vector<hr_byte_range> ranges(fields.size());
  hr_plan_frame plan{
      HR_ABI_VERSION, uint32_t(fields.size()), fields.data(), key, slots.data(), ranges.data(), 0, &error};
  Result result;
  result.code = program.plan(plan);
  if (result.code == HR_OK) {
    for (size_t i = 0; i < fields.size(); ++i) {
      if (info.fields[i].kind == FieldKind::image) fields[i].data = s.bytes.data();
      if (info.fields[i].kind == FieldKind::bytes) fields[i].data = text.data();
    }
    void* const scratch = std::aligned_alloc(
        HR_BUFFER_ALIGNMENT, (plan.scratch_bytes / HR_BUFFER_ALIGNMENT + 1) * HR_BUFFER_ALIGNMENT);
    std::vector<void*> memory;
    std::vector<uint8_t*> outputs;
    for (const ProgramOutput& o : info.outputs) {
      memory.push_back(std::aligned_alloc(HR_BUFFER_ALIGNMENT,
                                          (o.sample_bytes / HR_BUFFER_ALIGNMENT + 1) * HR_BUFFER_ALIGNMENT));
      outputs.push_back(static_cast<uint8_t*>(memory.back()));
    }
    void* const decoder = hr_decoder_create(nullptr);
    hr_run_frame frame{HR_ABI_VERSION,
                       uint32_t(fields.size()),
                       fields.data(),
                       key,
                       slots.data(),
                       static_cast<uint8_t*>(scratch),
                       plan.scratch_bytes,
                       outputs.data(),
                       decoder,
                       &error,
                       nullptr};
    result.code = program.run(frame);
    hr_decoder_destroy(decoder);
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (result.code == HR_OK)
        result.outputs.emplace_back(outputs[i], outputs[i] + info.outputs[i].sample_bytes);
      std::free(memory[i]);
    }
    std::free(scratch);
  }
  if (result.code != HR_OK) result.text = error.text;
  return result;
}

bool affordable(const graph::Graph& g, const ProgramInfo& info) {
  if (g.nodes.size() > kMaxNodes || g.batch.nodes.size() > kMaxNodes) return false;
  size_t bytes = 0;
  for (const ProgramOutput& o : info.outputs) bytes += std::min(o.sample_bytes, kMaxOutputBytes);
  if (bytes >= kMaxOutputBytes) return false;
  for (const graph::Node& n : g.nodes) {
    if (n.type.kind == graph::Kind::image && (n.type.height > kMaxSide || n.type.width > kMaxSide))
      return false;
  }
  for (const Sample& s : samples()) {
    const std::vector<hr_field> fields = fields_of(info, s);
    std::vector<std::string> names;
    for (const ProgramField& f : info.fields) names.push_back(f.name);
    hr_error error{};
    graph::Env env;
    env.fields = fields;
    env.field_names = names;
    env.error = &error;
    env.key = {3, 1, 4};
    std::vector<graph::Value> values;
    if (graph::evaluate_geometry(g, env, values) != HR_OK) continue;
    for (const graph::Value& v : values) {
      if (const auto* size = std::get_if<geometry::Size>(&v);
          size && (size->height > kMaxSide || size->width > kMaxSide))
        return false;
    }
  }
  return true;
}

std::string difference(const Result& a, const Result& b) {
  if (a == b) return "";
  return "results " + std::to_string(a.code) + " and " + std::to_string(b.code) + " '" + a.text + "' '" +
         b.text + "'";
}

}  // namespace

void check_text(const std::string& text) {
  const auto parsed = graph::parse(text);
  if (!parsed.ok()) {
    if (parsed.status().errors().empty()) fail("what is refused has an error", "there is none");
    return;
  }
  const std::string printed = graph::print(*parsed);
  const auto again = graph::parse(printed);
  if (!again.ok()) fail("what is printed parses", again.status().to_string() + "\n" + printed);
  if (graph::print(*again) != printed) fail("what is printed and parsed prints the same", printed);
  graph::Graph optimised = *parsed;
  expect_none("passes leave valid graphs", passes::run(optimised).to_string());
  // What no output needs may fail, and is dropped.
  graph::Graph needed = *parsed;
  graph::compact(needed);
  const ProgramInfo info = program_info(needed);
  if (!affordable(needed, info) || !affordable(optimised, program_info(optimised))) return;
  const Expected<Lowered> lowered = one_in(8, text) ? lower(optimised, {}) : Status("skipped", "", "");
  if (!lowered.ok() && lowered.status().code() == "compile.internal")
    fail("a graph is lowered, or said to be none that can be", lowered.status().to_string());
  const auto before = make_graph_program(needed, info),
             after = make_graph_program(optimised, program_info(optimised));
  for (const Sample& s : samples()) {
    const Result expected = run(*after, s), original = run(*before, s);
    if (parsed->numerics == Numerics::exact)
      expect_none("exact passes leave the meaning as it was", difference(original, expected));
    if (!lowered.ok()) continue;
    const auto loops = make_loop_program(lowered->module, lowered->info);
    expect_none("loops compute what the graph says", difference(expected, run(*loops, s)));
  }
}

const std::vector<std::string_view>& words_of_language() {
  static const std::vector<std::string_view> words = [] {
    std::vector<std::string_view> list = {"graph",
                                          "exact",
                                          "fast",
                                          "batch",
                                          "output",
                                          "image<u8,",
                                          "image<f32,",
                                          "tensor<u8,",
                                          "tensor<f32,",
                                          "coded",
                                          "size",
                                          "rect",
                                          "bool",
                                          "scale",
                                          "scalar<i64>",
                                          "row<20>",
                                          "vector<f32,",
                                          "q6",
                                          "bf16",
                                          "f16",
                                          "NHWC",
                                          "NCHW",
                                          "channels_last",
                                          "\"bilinear\"",
                                          "\"bilinear_point\"",
                                          "\"area\"",
                                          "\"nearest\"",
                                          "\"none\"",
                                          "\"copy\"",
                                          "\"pillow8\"",
                                          "\"q14\"",
                                          "\"image\"",
                                          "\"i64\"",
                                          "\"bytes\"",
                                          "\"f64\"",
                                          "height",
                                          "width",
                                          "top",
                                          "left",
                                          "planes"};
#define HR_GRAPH_OP(id, name, ...) list.emplace_back(name);
#include "ir/graph_batch_ops.def"
#include "ir/graph_ops.def"
#undef HR_GRAPH_OP
    return list;
  }();
  return words;
}

}  // namespace headrace::fuzz
