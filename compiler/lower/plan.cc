#include "compiler/lower/abi_layout.h"
#include "compiler/lower/geometry.h"
#include "compiler/lower/planes.h"
#include "compiler/lower/run.h"
#include "compiler/lower/scaled.h"

namespace headrace::lowering {

using graph::Kind;
using graph::Node;
using loop::Builder;
using loop::Function;
using loop::kI64;
using loop::kPtr;
using loop::V;
using loop::Values;

Function build_plan(const EntryContext& ctx) {
  Builder b("plan");
  const V frame = b.param(kPtr);
  const std::vector<Values> values = lower_geometry(b, frame, ctx.graph, ctx.field_index);
  const V slots = b.load(kPtr, frame, kPlanSlots);
  for (size_t id = 0; id < values.size(); ++id) {
    for (size_t k = 0; k < values[id].size(); ++k) b.store(values[id][k], slots, int64_t(8 * (size_t(ctx.slots[id]) + k)));
  }
  const V fields = b.load(kPtr, frame, kPlanFields), ranges = b.load(kPtr, frame, kPlanRanges);
  for (const auto& [name, index] : ctx.field_index) {
    b.store(b.i64(0), ranges, index * int64_t(sizeof(hr_byte_range)));
    b.store(FieldAccess{fields, index}.size(), ranges, index * int64_t(sizeof(hr_byte_range)) + 8);
  }
  // Images in scratch live side by side; the nests' working memory is reused.
  V images = b.i64(0), working = b.i64(0);
  for (const StripGroup& g : ctx.groups) {
    const Node& r = ctx.graph[g.resample];
    const Node& source = ctx.graph[r.operands[0]];
    const ResampleValues rv = resample_values(r, [&](size_t k) { return values[r.operands[k]]; });
    V width;
    const bool coded = source.type.kind == Kind::coded;
    if (coded) width = scaled_length(FieldAccess{fields, ctx.field_index.at(source.text_attr("name"))}.width(), rv.scale);
    V needed = layout_group(r, rv, coded ? &width : nullptr, ctx.schedule).total;
    if (uses_planes(r, ctx.facts)) {
      const FieldAccess field{fields, ctx.field_index.at(source.text_attr("name"))};
      needed = b.select(has_planes(field), layout_planes(r, rv, field.planes(), ctx.facts).total, needed);
    }
    working = max(working, needed);
    if (g.output < 0) images = images + align_up(scratch_image_bytes(rv, g.elem), HR_BUFFER_ALIGNMENT);
  }
  for (const Node& call : ctx.graph.nodes) {
    if (call.op != graph::Op::call) continue;
    const StripGroup& from = group_of(ctx.groups, call.operands[0]);
    const Node& r = ctx.graph[from.resample];
    const ResampleValues rv = resample_values(r, [&](size_t k) { return values[r.operands[k]]; });
    images = images + align_up(dense_image_bytes(rv, call.type.elem), HR_BUFFER_ALIGNMENT);
    working = max(working, dense_image_bytes(rv, from.elem));
  }
  b.store(images + working, frame, kPlanScratchBytes);
  return b.finish();
}

}  // namespace headrace::lowering
