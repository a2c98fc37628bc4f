#include "tests/compiler/engines.h"

#include "compiler/frontend/build_graph.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/kernel_symbols.h"
#include "compiler/pipeline/programs.h"
#include "compiler/spec.h"
#include "ir/graph_interp.h"
#include "runtime/platform/user_functions.h"
#include "tests/compiler/user_library.h"

namespace headrace::testing {
namespace {

Expected<ProgramPtr> interpreted(const graph::Graph& g) {
  return bind_functions(make_graph_program(g, program_info(g)), user_libraries());
}

}  // namespace

Expected<Pipeline> PipelineMaker::make(std::string_view spec_json, const std::vector<ProgramField>& fields,
                                       const std::vector<EngineChoice>& engines) {
  HR_ASSIGN_OR_RETURN(const spec::Spec spec, parse_spec(spec_json, &fields));
  Pipeline p;
  HR_ASSIGN_OR_RETURN(p.built, build_graph(spec, &fields));
  HR_ASSIGN_OR_RETURN(p.unoptimised, interpreted(p.built));
  p.optimised = p.built;
  ProgramPtr before = p.unoptimised;
  Status problem;
  passes::Options options;
  options.after = [&](const passes::Pass& pass, bool changed, const graph::Graph& g, int64_t) {
    if (!changed) return;
    const Expected<ProgramPtr> after = interpreted(g);
    if (!after.ok()) return problem.append(after.status());
    if (pass.tag == passes::Tag::exact) p.exact_steps.push_back({std::string(pass.name), before, *after});
    before = *after;
  };
  HR_RETURN_IF_ERROR(passes::run(p.optimised, options));
  HR_RETURN_IF_ERROR(problem);
  HR_ASSIGN_OR_RETURN(p.reference, interpreted(p.optimised));
  for (const EngineChoice& choice : engines) {
    HR_ASSIGN_OR_RETURN(ProgramPtr program, make_engine(p.optimised, choice));
    HR_ASSIGN_OR_RETURN(program, bind_functions(std::move(program), user_libraries()));
    p.engines.push_back({choice.name(), std::move(program)});
  }
  return p;
}

Expected<ProgramPtr> PipelineMaker::make_engine(const graph::Graph& graph, const EngineChoice& choice) {
  HR_ASSIGN_OR_RETURN(Lowered lowered, lower(graph, choice.schedule));
  for (const loop::Function& f : lowered.module.functions) {
    streaming_ +=
        loop::print(f).find(std::string(loop::op_name(loop::Op::store_stream)) + " ") != std::string::npos;
  }
  if (choice.isa.empty()) return make_loop_program(std::move(lowered.module), std::move(lowered.info));
#ifdef HEADRACE_WITH_JIT
  const codegen::Target target{*parse_isa(choice.isa), choice.schedule.vector_bits};
  HR_ASSIGN_OR_RETURN(const std::vector<codegen::Object> objects, stages_.compile(lowered.module, target));
  std::vector<codegen::Symbol> symbols;
  for (const KernelSymbol& s : kernel_symbols()) symbols.push_back({std::string(s.name), s.address});
  HR_ASSIGN_OR_RETURN(auto library, codegen::link(objects, symbols));
  return make_code_program(std::move(library), std::move(lowered.info), target.isa);
#else
  return Status("compile.no_jit", "", "built without the code generator");
#endif
}

std::vector<std::string> runnable_levels() {
  std::vector<std::string> levels;
#ifdef HEADRACE_WITH_JIT
  for (const Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2}) {
    if (isa_supported(isa)) levels.emplace_back(isa_name(isa));
  }
#endif
  return levels;
}

std::vector<int64_t> scales_of(const graph::Graph& g, const TestImage& image, const hr_key& key) {
  const ProgramInfo info = program_info(g);
  std::vector<hr_field> fields;
  std::vector<std::string> names;
  for (const ProgramField& f : info.fields) {
    hr_field field{};
    field.width = image.width;
    field.height = image.height;
    field.encoding = f.kind == FieldKind::image ? image.encoding : uint32_t(HR_ENCODING_NONE);
    fields.push_back(field);
    names.push_back(f.name);
  }
  hr_error error{};
  graph::Env env;
  env.fields = fields;
  env.field_names = names;
  env.key = key;
  env.error = &error;
  std::vector<graph::Value> values;
  std::vector<int64_t> scales;
  if (graph::evaluate_geometry(g, env, values) != HR_OK) return scales;
  for (size_t i = 0; i < g.nodes.size(); ++i) {
    if (g.nodes[i].op == graph::Op::idct_scale) scales.push_back(std::get<int64_t>(values[i]));
  }
  return scales;
}

std::string compare_engines(const Pipeline& p, const TestImage& image, const hr_key& key, int64_t label,
                            bool check_passes, RunResult& reference) {
  reference = run_program(*p.reference, image, key, label);
  if (check_passes) {
    for (const PassStep& step : p.exact_steps) {
      const std::string d = difference(run_program(*step.before, image, key, label),
                                       run_program(*step.after, image, key, label));
      if (!d.empty()) return "graph interpreter before and after the exact pass " + step.pass + ": " + d;
    }
    if (p.built.numerics == Numerics::exact) {
      const std::string d = difference(run_program(*p.unoptimised, image, key, label), reference);
      if (!d.empty()) return "graph interpreter before and after all passes: " + d;
    }
  }
  for (const NamedProgram& engine : p.engines) {
    const std::string d = difference(reference, run_program(*engine.program, image, key, label));
    if (!d.empty()) return "graph interpreter and " + engine.name + ": " + d;
  }
  return "";
}

}  // namespace headrace::testing
