#include "compiler/lower/lower.h"

#include <xxhash.h>

#include <cstdio>
#include <set>

#include "compiler/lower/batch.h"
#include "compiler/lower/geometry.h"
#include "compiler/lower/nest_tables.h"
#include "compiler/lower/planes.h"
#include "compiler/lower/run.h"
#include "ir/graph_calls.h"

namespace headrace {

using namespace lowering;
using graph::Graph;
using graph::Kind;
using graph::Node;

const std::vector<loop::Extern>& kernel_externs() {
  static const std::vector<loop::Extern> externs = {
#define HR_SYMBOL(name, args) {#name, args},
#include "kernels/symbols.def"
#undef HR_SYMBOL
  };
  return externs;
}

namespace {

DType dtype_of(graph::Elem elem) {
  static constexpr DType kDtypes[] = {DType::u8, DType::f32, DType::f16, DType::bf16, DType::f32};
  return kDtypes[int(elem)];
}

std::string pipeline_key(const Graph& g) {
  const std::string text = graph::print(g);
  std::string key(16, '0');
  std::snprintf(key.data(), key.size() + 1, "%016llx", static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
  return key;
}

// Notes which nodes a stage of a group computes. Those that end the group's nest hold all of it, the others have a part in
// the resample.
void note_nodes(const Graph& g, const StripGroup& group, const std::string& stage, std::set<graph::ValueId>& nodes) {
  nodes.insert(group.resample);
  bool last = false;
  for (const char* kind : {"copy", "planes", "vertical", "vertical_wide", "vertical_planes", "vertical_planes_wide"}) {
    last = last || stage == group_stage_name(group, kind);
  }
  for (graph::ValueId at = group.strips; last && at != group.resample; at = g[at].operands[0]) nodes.insert(at);
}

// What is left for the entry points: geometry for @plan, everything that is no image for @run.
void note_entry_points(const Graph& g, std::map<std::string, std::set<graph::ValueId>>& nodes) {
  for (graph::ValueId id = 0; id < g.nodes.size(); ++id) {
    switch (g[id].type.kind) {
      case Kind::size:
      case Kind::rect:
      case Kind::scale:
      case Kind::boolean: nodes["plan"].insert(id); break;
      case Kind::scalar:
      case Kind::row:
      case Kind::vector: nodes["run"].insert(id); break;
      default:
        if (g[id].op == graph::Op::call) nodes["run"].insert(id);
        break;
    }
  }
}

// The functions of the batch part.
void add_mixing(const Graph& g, const Schedule& schedule, std::vector<loop::Function>& functions) {
  std::set<graph::Elem> blended;
  bool exchanges = false;
  for (const Node& n : g.batch.nodes) {
    if (n.op == graph::Op::blend && blended.insert(n.type.elem).second) functions.push_back(build_blend_stage(n.type.elem, schedule));
    exchanges = exchanges || n.op == graph::Op::exchange;
  }
  if (exchanges) functions.push_back(build_exchange_stage(schedule));
  functions.push_back(lowering::build_batch(g));
}

}  // namespace

ProgramInfo program_info(const Graph& g) {
  ProgramInfo info;
  info.numerics = g.numerics;
  info.mixes = !g.batch.outputs.empty();
  info.key = pipeline_key(g);
  for (const Node& n : g.nodes) {
    if (n.op != graph::Op::field) continue;
    const std::string& kind = n.text_attr("kind");
    const FieldKind k = kind == "image" ? FieldKind::image : kind == "f64" ? FieldKind::f64
                        : kind == "bytes" ? FieldKind::bytes : FieldKind::i64;
    bool known = false;
    for (const ProgramField& f : info.fields) known = known || f.name == n.text_attr("name");
    if (!known) info.fields.push_back({n.text_attr("name"), k});
  }
  for (const graph::Output& o : g.outputs) {
    const graph::Type& t = g[o.value].type;
    ProgramOutput out;
    out.name = o.name;
    if (t.kind == Kind::scalar) {
      out.dtype = t.dtype;
      out.sample_bytes = dtype_size(t.dtype);
    } else if (t.kind == Kind::row) {
      out.dtype = DType::u8;
      out.shape = {t.width};
      out.strides = {1};
      out.sample_bytes = size_t(t.width);
    } else if (t.kind == Kind::vector) {
      out.dtype = dtype_of(t.elem);
      out.shape = {t.width};
      out.strides = {1};
      out.sample_bytes = size_t(t.width) * dtype_size(out.dtype);
    } else {
      out.dtype = dtype_of(t.elem);
      out.layout = t.layout;
      const int64_t h = t.height, w = t.width, c = t.channels;
      if (t.layout == Layout::nhwc) {
        out.shape = {h, w, c};
        out.strides = {w * c, c, 1};
      } else {
        out.shape = {c, h, w};
        out.strides = t.layout == Layout::nchw ? std::vector<int64_t>{h * w, w, 1} : std::vector<int64_t>{1, w * c, c};
      }
      out.sample_bytes = size_t(h * w * c) * dtype_size(out.dtype);
    }
    info.outputs.push_back(std::move(out));
  }
  info.calls = graph::calls_of(g);
  assign_slots(g, info.slot_count);
  return info;
}

Expected<Lowered> lower(const Graph& g, const Schedule& schedule, const Facts& facts) {
  HR_ASSIGN_OR_RETURN(const std::vector<StripGroup> groups, find_groups(g, schedule));
  Lowered out;
  out.info = program_info(g);
  std::map<std::string, int64_t> field_index;
  for (size_t i = 0; i < out.info.fields.size(); ++i) field_index[out.info.fields[i].name] = int64_t(i);
  uint32_t slot_count = 0;
  const std::vector<int> slots = assign_slots(g, slot_count);

  const EntryContext context{g, groups, field_index, slots, schedule, facts};

  auto& functions = out.module.functions;
  std::set<std::string> made;
  const StripGroup* current = nullptr;
  auto add = [&](const std::string& name, auto&& build) {
    note_nodes(g, *current, name, out.nodes[name]);
    if (made.insert(name).second) functions.push_back(build());
  };
  for (const StripGroup& group : groups) {
    current = &group;
    const Node& r = g[group.resample];
    const std::string& filter = r.text_attr("filter");
    if (filter == "none") {
      const std::string name = group_stage_name(group, "copy");
      add(name, [&] { return build_copy_stage(name, group.source, group.ops, group.store, schedule); });
      continue;
    }
    const std::vector<Arith> ariths = group_ariths(r);
    const bool q14 = ariths.size() == 2;
    for (const TableKind& kind : table_kinds(r)) {
      const std::string name = table_stage_name(kind, q14);
      add(name, [&] { return build_table_stage(name, kind.shape, q14, schedule, kind.boxed); });
    }
    add(columns_stage_name(q14), [&] { return build_columns_stage(columns_stage_name(q14), q14, schedule); });
    for (const Arith arith : ariths) {
      add(horizontal_stage_name(arith), [&] { return build_horizontal_stage(horizontal_stage_name(arith), arith, horizontal_channels(arith, kChannels), schedule); });
      const std::string name = group_stage_name(group, arith == Arith::q14_wide ? "vertical_wide" : "vertical");
      add(name, [&] { return build_vertical_stage(name, arith, group.ops, group.store, schedule); });
    }
    if (uses_planes(r, facts)) add_planes_nest(group, context, add);
  }
  note_entry_points(g, out.nodes);
  functions.push_back(build_plan(context));
  functions.push_back(build_run(context));
  if (out.info.mixes) add_mixing(g, schedule, functions);
  const Status status = loop::verify(out.module, kernel_externs());
  if (!status.ok()) {
    Status failed("compile.internal", "lower", "the loop IR does not verify");
    failed.append(status);
    return failed;
  }
  return out;
}

}  // namespace headrace
