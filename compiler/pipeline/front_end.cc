#include "compiler/pipeline/front_end.h"

#include <algorithm>

#include "compiler/frontend/build_graph.h"
#include "compiler/spec.h"
#include "compiler/spec/canonical.h"
#include "compiler/spec/suggest.h"
#include "headrace/compile_object.h"

namespace headrace {
namespace {

std::vector<ProgramField> dataset_fields(const Dataset& dataset) {
  std::vector<ProgramField> fields;
  for (const Schema::Field& f : dataset.schema().fields) fields.push_back({f.name, f.kind, f.value_names.size()});
  return fields;
}

std::vector<std::pair<std::string, std::string>> loader_settings(const spec::LoaderDefaults& loader) {
  std::vector<std::pair<std::string, std::string>> settings;
  if (loader.order) settings.emplace_back("order", *loader.order);
  if (loader.tail) settings.emplace_back("tail", *loader.tail);
  if (loader.window_bytes) settings.emplace_back("window_bytes", std::to_string(*loader.window_bytes));
  return settings;
}

// Fields that a graph reads, against those there are.
Status check_fields(const graph::Graph& g, const std::vector<ProgramField>& fields) {
  Status status;
  for (const graph::Node& n : g.nodes) {
    if (n.op != graph::Op::field) continue;
    const std::string& name = n.text_attr("name");
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const ProgramField& f) { return f.name == name; });
    const std::string where = "field \"" + name + "\"";
    if (found == fields.end()) {
      std::vector<std::string_view> names;
      for (const ProgramField& f : fields) names.push_back(f.name);
      status.add("compile.field", where, "the dataset has no such field" + spec::hint(name, names));
    } else if (field_kind_name(found->kind) != n.text_attr("kind")) {
      status.add("compile.field", where,
                 "is of kind " + std::string(field_kind_name(found->kind)) +
                     " in the dataset; the graph reads it as " + n.text_attr("kind"));
    }
  }
  return status;
}

Expected<FrontEnd> read_graph(std::string_view text, const std::vector<ProgramField>* fields,
                              std::optional<Numerics> numerics, Stage from) {
  if (from != Stage::graph && from != Stage::graph_opt) {
    return Status(
        "compile.from", "",
        "a pipeline is made from a spec or a graph; later forms do not say what its fields and outputs are");
  }
  FrontEnd front;
  Expected<graph::Graph> parsed = graph::parse(text);
  if (!parsed.ok()) return graph::locate(text, parsed.status());
  front.graph = std::move(*parsed);
  if (fields) HR_RETURN_IF_ERROR(check_fields(front.graph, *fields));
  if (numerics && *numerics != front.graph.numerics) {
    if (from == Stage::graph_opt) {
      return Status("compile.numerics", "",
                    "the graph is " + std::string(numerics_name(front.graph.numerics)) +
                        ", and after the passes it stays so");
    }
    front.graph.numerics = *numerics;
  }
  front.canonical = graph::print(front.graph);
  return front;
}

}  // namespace

Expected<FrontEnd> front_end(std::string_view json, const Dataset* dataset, std::optional<Numerics> numerics,
                             std::optional<Stage> from) {
  std::vector<ProgramField> fields;
  if (dataset) fields = dataset_fields(*dataset);
  if (from) return read_graph(json, dataset ? &fields : nullptr, numerics, *from);
  HR_ASSIGN_OR_RETURN(spec::Spec spec, parse_spec(json, dataset ? &fields : nullptr));
  if (numerics) spec.numerics = *numerics;
  HR_ASSIGN_OR_RETURN(graph::Graph graph, build_graph(spec, dataset ? &fields : nullptr));
  return FrontEnd{std::move(graph), canonical_json(spec), loader_settings(spec.loader)};
}

Expected<std::string> canonical_spec(std::string_view json, std::optional<Numerics> numerics) {
  HR_ASSIGN_OR_RETURN(spec::Spec spec, parse_spec(json));
  if (numerics) spec.numerics = *numerics;
  return canonical_json(spec);
}

Facts facts_of(const Dataset* dataset) {
  if (dataset == nullptr) return {};
  const uint32_t encodings = dataset->encodings();
  return {.packed = (encodings >> HR_ENCODING_PACKED & 1) != 0, .ycc = (encodings >> HR_ENCODING_YCC & 1) != 0};
}

namespace {

// Also where registers are wider: on the Intel server CPUs measured, 512-bit code slows the libjpeg-turbo code
// between the stages down by more than it gains (docs/performance.md).
constexpr int kDefaultVectorBits = 256;

int register_bits(Isa isa) {
  switch (isa) {
    case Isa::x86_64_v3:
      return 256;
    case Isa::x86_64_v4:
    case Isa::x86_64_v4_vbmi2:
      return 512;
    case Isa::armv8_neon:
      return 128;
    case Isa::host:
      break;
  }
  if (host_arch() == Arch::aarch64) return register_bits(Isa::armv8_neon);
  return register_bits(isa_supported(Isa::x86_64_v4) ? Isa::x86_64_v4 : Isa::x86_64_v3);
}

Schedule made(const ScheduleOptions& asked, int widest) {
  Schedule s;
  s.vector_bits = std::min(asked.vector_bits.value_or(kDefaultVectorBits), widest);
  s.strip = asked.strip_rows.value_or(s.strip_rows());
  s.unroll = asked.unroll.value_or(s.unroll);
  s.idct_columns = asked.idct_columns.value_or(s.idct_columns);
  return s;
}

}  // namespace

Schedule schedule_for(Isa isa, const ScheduleOptions& asked) { return made(asked, register_bits(isa)); }

Schedule interpreted_schedule(const ScheduleOptions& asked) {
  return made(asked, register_bits(Isa::x86_64_v4));
}

Status run_passes(graph::Graph& graph, std::optional<Stage> from, const passes::Options& options) {
  if (from != Stage::graph_opt) return passes::run(graph, options);
  if (options.stop_after.empty() && options.disable.empty()) return {};
  return {"compile.from", "",
          "the graph has been through the passes: none is run that could be left out or stopped after"};
}

}  // namespace headrace
