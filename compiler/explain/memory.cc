#include "compiler/explain/memory.h"

#include <algorithm>
#include <array>

#include "compiler/lower/abi_layout.h"
#include "compiler/lower/geometry.h"
#include "compiler/lower/lower.h"
#include "compiler/lower/planes.h"
#include "compiler/lower/run.h"
#include "compiler/lower/scaled.h"

namespace headrace::explaining {
namespace {

using namespace lowering;
using loop::Builder;
using loop::V;

// Of each nest; 0 where the sample has no such part.
constexpr std::array<const char*, 8> kParts = {"image for the next nest",
                                               "decoded rows",
                                               "weight tables",
                                               "coefficient rows",
                                               "columns",
                                               "ring of rows",
                                               "ring of luma rows",
                                               "ring of chroma rows"};
enum Part { kImage, kStrip, kTables, kCoefficients, kColumns, kRing, kLuma, kChroma };
using Sizes = std::array<V, kParts.size()>;

Sizes none(Builder& b) {
  Sizes sizes;
  sizes.fill(b.i64(0));
  return sizes;
}

Sizes of_pixels(Builder& b, const GroupMemory& m, bool resizes) {
  Sizes sizes = none(b);
  if (!resizes) {
    sizes[kStrip] = m.total;
    return sizes;
  }
  sizes[kStrip] = m.h_taps - m.strip;
  sizes[kTables] = m.columns - m.h_taps;
  sizes[kColumns] = m.ring - m.columns;
  sizes[kRing] = m.total - m.ring;
  return sizes;
}

Sizes of_planes(Builder& b, const PlanesMemory& m) {
  Sizes sizes = none(b);
  sizes[kTables] = m.coefficients - m.h_taps;
  sizes[kCoefficients] = m.columns - m.coefficients;
  sizes[kColumns] = m.luma - m.columns;
  sizes[kLuma] = m.chroma - m.luma;
  sizes[kChroma] = m.total - m.chroma;
  return sizes;
}

// Of each call of a user's function: rows that are put together for it, and what it leaves.
constexpr std::array<const char*, 2> kCallParts = {"rows put together for it", "image it leaves"};

// @memory(frame, sizes: ptr): the sizes of all nests' parts and of all calls', one after another.
loop::Function build_probe(const EntryContext& ctx) {
  Builder b("memory");
  const V frame = b.param(loop::kPtr), out = b.param(loop::kPtr);
  const V slots = b.load(loop::kPtr, frame, kPlanSlots), fields = b.load(loop::kPtr, frame, kPlanFields);
  int64_t at = 0;
  for (const StripGroup& g : ctx.groups) {
    const graph::Node& r = ctx.graph[g.resample];
    const graph::Node& source = ctx.graph[r.operands[0]];
    const ResampleValues values = load_values(b, ctx, g, slots);
    const bool coded = source.type.kind == graph::Kind::coded;
    FieldAccess field{fields, 0};
    V width;
    if (coded) {
      field.index = ctx.field_index.at(source.text_attr("name"));
      width = scaled_length(field.width(), values.scale);
    }
    const bool resizes = r.text_attr("filter") != "none";
    Sizes sizes = of_pixels(b, layout_group(r, values, coded ? &width : nullptr, ctx.schedule), resizes);
    if (uses_planes(r, ctx.facts)) {
      const V in_planes = has_planes(field);
      const Sizes planes = of_planes(b, layout_planes(r, values, field.planes(), ctx.facts));
      for (size_t k = 0; k < sizes.size(); ++k) sizes[k] = b.select(in_planes, planes[k], sizes[k]);
    }
    if (g.output < 0) sizes[kImage] = scratch_image_bytes(values, g.elem);
    for (const V& size : sizes) {
      b.store(size, out, at);
      at += 8;
    }
  }
  for (const graph::Node& call : ctx.graph.nodes) {
    if (call.op != graph::Op::call) continue;
    const StripGroup& from = group_of(ctx.groups, call.operands[0]);
    const ResampleValues values = load_values(b, ctx, from, slots);
    b.store(dense_image_bytes(values, from.elem), out, at);
    b.store(dense_image_bytes(values, call.type.elem), out, at + 8);
    at += 16;
  }
  return b.finish();
}

// Whether a function of the user's gets the image in scratch that a nest leaves.
bool is_handed(const graph::Graph& graph, const StripGroup& g) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const graph::Node& n) {
    return n.op == graph::Op::call && n.operands[0] == g.strips;
  });
}

}  // namespace

Expected<std::unique_ptr<MemoryProbe>> MemoryProbe::create(const graph::Graph& graph,
                                                           const Schedule& schedule, const Facts& facts) {
  HR_ASSIGN_OR_RETURN(const std::vector<StripGroup> groups, find_groups(graph, schedule));
  const ProgramInfo info = program_info(graph);
  std::map<std::string, int64_t> field_index;
  for (size_t i = 0; i < info.fields.size(); ++i) field_index[info.fields[i].name] = int64_t(i);
  uint32_t slot_count = 0;
  const std::vector<int> slots = assign_slots(graph, slot_count);
  loop::Module module;
  module.functions.push_back(build_probe({graph, groups, field_index, slots, schedule, facts}));
  HR_RETURN_IF_ERROR(loop::verify(module, {}));
  std::vector<ExplainedMemory> parts;
  for (const StripGroup& g : groups) {
    for (const char* part : kParts) parts.push_back({g.name, part, 0, 0});
    if (is_handed(graph, g)) parts[parts.size() - kParts.size() + kImage].part = "image for a function";
  }
  const size_t nest_parts = parts.size();
  for (const graph::Node& n : graph.nodes) {
    if (n.op != graph::Op::call) continue;
    for (const char* part : kCallParts) parts.push_back({n.text_attr("symbol"), part, 0, 0});
  }
  return std::unique_ptr<MemoryProbe>(
      new MemoryProbe(std::move(module), std::move(parts), nest_parts, slot_count));
}

void MemoryProbe::sample(const hr_plan_frame& frame) {
  std::vector<int64_t> sizes(parts_.size());
  const uint64_t args[] = {reinterpret_cast<uint64_t>(&frame), reinterpret_cast<uint64_t>(sizes.data())};
  const loop::Region regions[] = {{&frame, sizeof frame},
                                  {frame.fields, frame.field_count * sizeof(hr_field)},
                                  {frame.slots, slots_ * sizeof(int64_t)},
                                  {sizes.data(), sizes.size() * sizeof(int64_t)}};
  std::string problem;
  if (interpreter_.run("memory", args, regions, problem) != HR_OK) return;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const auto bytes = uint64_t(sizes[i]);
    if (samples_ == 0) parts_[i].first = bytes;
    parts_[i].largest = std::max(parts_[i].largest, bytes);
    sums_[i] += double(bytes);
  }
  ++samples_;
}

double MemoryProbe::mean_of(size_t which) const {
  double sum = 0;
  for (size_t i = nest_parts_ + which; i < sums_.size(); i += kCallParts.size())
    sum += sums_[i] - double(samples_ * HR_BUFFER_ALIGNMENT);  // which is kept behind every image
  return sum / double(std::max<uint64_t>(samples_, 1));
}

}  // namespace headrace::explaining
