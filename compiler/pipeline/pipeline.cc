#include "headrace/pipeline.h"

#include <algorithm>
#include <thread>

#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/front_end.h"
#include "compiler/pipeline/programs.h"
#include "compiler/spec.h"
#include "runtime/platform/user_functions.h"
#ifdef HEADRACE_WITH_JIT
#include "compiler/codegen/compile.h"
#endif
#ifdef HEADRACE_WITH_AOT
#include "compiler/cache/cached_code.h"
#endif

namespace headrace {

std::optional<Engine> parse_engine(std::string_view name) {
  for (Engine e : {Engine::jit, Engine::interp, Engine::loop_interp, Engine::aot}) {
    if (name == engine_name(e)) return e;
  }
  return std::nullopt;
}

std::string_view engine_name(Engine e) {
  switch (e) {
    case Engine::jit: return "jit";
    case Engine::interp: return "interp";
    case Engine::loop_interp: return "loop-interp";
    case Engine::aot: return "aot";
  }
  return "?";
}

std::optional<Stage> parse_stage(std::string_view name) {
  static constexpr std::string_view kNames[] = {"graph", "graph-opt", "loop", "llvm", "llvm-opt", "asm"};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (name == kNames[i]) return Stage(i);
  }
  return std::nullopt;
}

namespace {

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

Expected<std::shared_ptr<const Program>> make_program(std::string_view json, const Dataset* dataset, const CompileOptions& options) {
  if (options.engine == Engine::aot) {
    return Status("compile.engine", "", "the engine \"aot\" runs objects that were compiled before; load_object() loads them");
  }
  HR_RETURN_IF_ERROR(check_schedule(options.schedule));
  HR_ASSIGN_OR_RETURN(FrontEnd front, front_end(json, dataset, options.numerics, options.from));
  graph::Graph graph = std::move(front.graph);
  passes::Options pass_options;
  pass_options.disable = options.disable;
  HR_RETURN_IF_ERROR(run_passes(graph, options.from, pass_options));
  ProgramInfo info = program_info(graph);
  if (options.engine == Engine::interp) return make_graph_program(std::move(graph), std::move(info));
  if (options.engine == Engine::loop_interp) {
    HR_ASSIGN_OR_RETURN(Lowered lowered, lower(graph, interpreted_schedule(options.schedule), facts_of(dataset)));
    return make_loop_program(std::move(lowered.module), std::move(lowered.info));
  }
#ifdef HEADRACE_WITH_JIT
  HR_ASSIGN_OR_RETURN(const Isa isa, choose_isa(options.isa, true));
  HR_RETURN_IF_ERROR(codegen::check_executable_memory());
  const Schedule schedule = schedule_for(isa, options.schedule);
  const unsigned threads = options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
#ifdef HEADRACE_WITH_AOT
  if (options.cache && options.debug.source.empty() && !options.debug.gdb) {
    auto code = cache::cached_code(*options.cache, {isa, schedule, facts_of(dataset), graph}, threads);
    if (code.ok()) return make_code_program(std::move(*code), std::move(info), isa);
  }
#endif
  HR_ASSIGN_OR_RETURN(Lowered lowered, lower(graph, schedule, facts_of(dataset)));
  codegen::Target target{isa, schedule.vector_bits};
  target.debug_source = options.debug.source;
  return make_jit_program(lowered.module, std::move(lowered.info), target, threads, options.debug.gdb);
#else
  return Status("compile.no_jit", "", "headrace was built without its compiler (HEADRACE_JIT=OFF); use the engine \"interp\" or \"loop-interp\"");
#endif
}

}  // namespace

Expected<std::shared_ptr<const Program>> compile(std::string_view json, const Dataset* dataset, const CompileOptions& options) {
  HR_ASSIGN_OR_RETURN(auto program, make_program(json, dataset, options));
  return bind_functions(std::move(program), options.libraries);
}

namespace {

// LLVM IR or assembly.
Expected<std::string> code_text([[maybe_unused]] const loop::Module& module, [[maybe_unused]] Isa isa,
                                [[maybe_unused]] const Schedule& schedule, [[maybe_unused]] Stage stage) {
#ifdef HEADRACE_WITH_JIT
  const codegen::Form form = stage == Stage::llvm ? codegen::Form::llvm
                             : stage == Stage::llvm_opt ? codegen::Form::llvm_optimized : codegen::Form::assembly;
  return codegen::emit_text(module, {isa, schedule.vector_bits}, form);
#else
  return Status("compile.no_jit", "", "headrace was built without its compiler (HEADRACE_JIT=OFF)");
#endif
}

// Loop IR that was read from a text.
Expected<std::string> inspect_loops(std::string_view text, Stage stage, const InspectOptions& options) {
  loop::Places places;
  HR_ASSIGN_OR_RETURN(const loop::Module module, loop::parse(text, &places));
  HR_RETURN_IF_ERROR(loop::verify(module, kernel_externs(), &places));
  if (stage == Stage::loop) return loop::print(module);
  HR_ASSIGN_OR_RETURN(const Isa isa, choose_isa(options.isa, false));
  return code_text(module, isa, schedule_for(isa, options.schedule), stage);
}

}  // namespace

Expected<std::string> inspect(std::string_view json, const Dataset* dataset, Stage stage, const InspectOptions& options) {
  HR_RETURN_IF_ERROR(check_schedule(options.schedule));
  if (options.from && stage < *options.from) {
    return Status("compile.from", "", "the text is a later form than the one that is asked for");
  }
  if (options.from == Stage::loop) return inspect_loops(json, stage, options);
  HR_ASSIGN_OR_RETURN(FrontEnd front, front_end(json, dataset, options.numerics, options.from));
  graph::Graph graph = std::move(front.graph);
  if (stage == Stage::graph) return graph::print(graph);
  passes::Options pass_options;
  pass_options.stop_after = options.stop_after;
  pass_options.disable = options.disable;
  if (options.on_pass) {
    pass_options.after = [&](const passes::Pass& pass, bool changed, const graph::Graph& g, int64_t ns) {
      options.on_pass({std::string(pass.name), pass.tag == passes::Tag::approx, changed, ns, graph::print(g)});
    };
  }
  HR_RETURN_IF_ERROR(run_passes(graph, options.from, pass_options));
  if (stage == Stage::graph_opt) return graph::print(graph);
  HR_ASSIGN_OR_RETURN(const Isa isa, choose_isa(options.isa, false));
  const Schedule schedule = schedule_for(isa, options.schedule);
  HR_ASSIGN_OR_RETURN(const Lowered lowered, lower(graph, schedule, facts_of(dataset)));
  if (stage == Stage::loop) return loop::print(lowered.module);
  return code_text(lowered.module, isa, schedule, stage);
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
  return SpecLoaderDefaults{spec.loader.order, spec.loader.tail, spec.loader.window_bytes};
}

}  // namespace headrace
