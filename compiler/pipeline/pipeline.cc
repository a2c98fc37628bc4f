#include "headrace/pipeline.h"

#include <algorithm>
#include <thread>

#include "compiler/frontend/build_graph.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/programs.h"
#include "compiler/spec.h"
#ifdef HEADRACE_WITH_JIT
#include "compiler/codegen/compile.h"
#endif

namespace headrace {

std::optional<Engine> parse_engine(std::string_view name) {
  for (Engine e : {Engine::jit, Engine::interp, Engine::loop_interp}) {
    if (name == engine_name(e)) return e;
  }
  return std::nullopt;
}

std::string_view engine_name(Engine e) {
  return e == Engine::jit ? "jit" : e == Engine::interp ? "interp" : "loop-interp";
}

std::optional<Stage> parse_stage(std::string_view name) {
  static constexpr std::string_view kNames[] = {"graph", "graph-opt", "loop", "llvm", "llvm-opt", "asm"};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (name == kNames[i]) return Stage(i);
  }
  return std::nullopt;
}

namespace {

std::vector<ProgramField> dataset_fields(const Dataset& dataset) {
  std::vector<ProgramField> fields;
  for (const Schema::Field& f : dataset.schema().fields) fields.push_back({f.name, f.kind});
  return fields;
}

Expected<graph::Graph> front_end(std::string_view json, const Dataset* dataset, std::optional<Numerics> numerics) {
  std::vector<ProgramField> fields;
  if (dataset) fields = dataset_fields(*dataset);
  HR_ASSIGN_OR_RETURN(spec::Spec spec, parse_spec(json, dataset ? &fields : nullptr));
  if (numerics) spec.numerics = *numerics;
  return build_graph(spec, dataset ? &fields : nullptr);
}

Expected<Isa> choose_isa(std::optional<Isa> asked, bool must_run) {
  if (!asked) {
    const std::optional<Isa> best = best_isa();
    if (best) return *best;
    return Status("isa.unsupported", "", "this CPU is below x86-64-v3, the lowest level code is generated for; use the engine \"interp\"");
  }
  if (must_run && !isa_supported(*asked)) {
    const std::optional<Isa> best = best_isa();
    return Status("isa.unsupported", "", "this CPU cannot run " + std::string(isa_name(*asked)) + "; its best level is " +
                                             std::string(best ? isa_name(*best) : "below x86-64-v3"));
  }
  return *asked;
}

// 256-bit vectors at every level: on the Intel server CPUs measured, 512-bit code slows the libjpeg-turbo
// code between the stages down by more than it gains (docs/performance.md).
Schedule default_schedule() { return {.vector_bits = 256}; }

Facts facts_of(const Dataset* dataset) {
  if (dataset == nullptr) return {};
  const uint32_t encodings = dataset->encodings();
  return {.packed = (encodings >> HR_ENCODING_PACKED & 1) != 0, .ycc = (encodings >> HR_ENCODING_YCC & 1) != 0};
}

}  // namespace

Expected<std::shared_ptr<const Program>> compile(std::string_view json, const Dataset* dataset, const CompileOptions& options) {
  HR_ASSIGN_OR_RETURN(graph::Graph graph, front_end(json, dataset, options.numerics));
  HR_RETURN_IF_ERROR(passes::run(graph));
  ProgramInfo info = program_info(graph);
  if (options.engine == Engine::interp) return make_graph_program(std::move(graph), std::move(info));
  if (options.engine == Engine::loop_interp) {
    HR_ASSIGN_OR_RETURN(Lowered lowered, lower(graph, default_schedule(), facts_of(dataset)));
    return make_loop_program(std::move(lowered.module), std::move(lowered.info));
  }
#ifdef HEADRACE_WITH_JIT
  HR_ASSIGN_OR_RETURN(const Isa isa, choose_isa(options.isa, true));
  const Schedule schedule = default_schedule();
  HR_ASSIGN_OR_RETURN(Lowered lowered, lower(graph, schedule, facts_of(dataset)));
  const unsigned threads = options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  return make_jit_program(lowered.module, std::move(lowered.info), isa, schedule.vector_bits, threads);
#else
  return Status("compile.no_jit", "", "headrace was built without its compiler (HEADRACE_JIT=OFF); use the engine \"interp\" or \"loop-interp\"");
#endif
}

Expected<std::string> inspect(std::string_view json, const Dataset* dataset, Stage stage, const InspectOptions& options) {
  HR_ASSIGN_OR_RETURN(graph::Graph graph, front_end(json, dataset, options.numerics));
  if (stage == Stage::graph) return graph::print(graph);
  passes::Options pass_options;
  pass_options.stop_after = options.stop_after;
  if (options.on_pass) {
    pass_options.after = [&](const passes::Pass& pass, bool changed, const graph::Graph& g, int64_t ns) {
      options.on_pass({std::string(pass.name), pass.tag == passes::Tag::approx, changed, ns, graph::print(g)});
    };
  }
  HR_RETURN_IF_ERROR(passes::run(graph, pass_options));
  if (stage == Stage::graph_opt) return graph::print(graph);
  HR_ASSIGN_OR_RETURN([[maybe_unused]] const Isa isa, choose_isa(options.isa, false));
  const Schedule schedule = default_schedule();
  HR_ASSIGN_OR_RETURN(const Lowered lowered, lower(graph, schedule, facts_of(dataset)));
  if (stage == Stage::loop) return loop::print(lowered.module);
#ifdef HEADRACE_WITH_JIT
  const codegen::Form form = stage == Stage::llvm ? codegen::Form::llvm
                             : stage == Stage::llvm_opt ? codegen::Form::llvm_optimized : codegen::Form::assembly;
  return codegen::emit_text(lowered.module, {isa, schedule.vector_bits}, form);
#else
  return Status("compile.no_jit", "", "headrace was built without its compiler (HEADRACE_JIT=OFF)");
#endif
}

std::string code_generator() {
#ifdef HEADRACE_WITH_JIT
  return "LLVM " + codegen::llvm_version();
#else
  return "";
#endif
}

Expected<SpecLoaderDefaults> spec_loader_defaults(std::string_view json) {
  HR_ASSIGN_OR_RETURN(const spec::Spec spec, parse_spec(json));
  return SpecLoaderDefaults{spec.loader.order, spec.loader.drop_last};
}

}  // namespace headrace
