#include "compiler/pipeline/front_end.h"

#include "compiler/frontend/build_graph.h"
#include "compiler/spec.h"
#include "compiler/spec/canonical.h"
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

}  // namespace

Expected<FrontEnd> front_end(std::string_view json, const Dataset* dataset, std::optional<Numerics> numerics) {
  std::vector<ProgramField> fields;
  if (dataset) fields = dataset_fields(*dataset);
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

// 256-bit vectors at every x86 level: on the Intel server CPUs measured, 512-bit code slows the libjpeg-turbo
// code between the stages down by more than it gains (docs/performance.md). NEON has 128 bits.
Schedule schedule_for(Isa isa) {
  const bool neon = isa == Isa::armv8_neon || (isa == Isa::host && host_arch() == Arch::aarch64);
  return {.vector_bits = neon ? 128 : 256};
}

}  // namespace headrace
