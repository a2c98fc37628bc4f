#include "tests/ladder/graph_steps.h"

#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/programs.h"
#include "runtime/platform/user_functions.h"
#include "tests/compiler/user_library.h"

namespace headrace::ladder {
namespace {

using ProgramPtr = std::shared_ptr<const Program>;

Expected<ProgramPtr> interpreted(const graph::Graph& g) {
  return bind_functions(make_graph_program(g, program_info(g)), testing::user_libraries());
}

}  // namespace

Expected<std::vector<GraphStep>> graph_steps(const graph::Graph& built, const Tamper& tamper) {
  std::vector<GraphStep> steps;
  const auto add = [&](const std::string& pass, bool exact, const graph::Graph& g) {
    steps.push_back({pass, exact, g, nullptr});
  };
  add("", true, built);
  passes::Options options;
  options.after = [&](const passes::Pass& pass, bool changed, const graph::Graph& g, int64_t) {
    if (changed) add(std::string(pass.name), pass.tag == passes::Tag::exact, g);
  };
  graph::Graph optimised = built;
  HR_RETURN_IF_ERROR(passes::run(optimised, options));
  for (GraphStep& step : steps) {
    HR_ASSIGN_OR_RETURN(step.program, interpreted(step.graph));
  }
  if (!tamper.graph) return steps;
  // A mistake stays in what the later passes leave, or the rung after it would be blamed.
  for (size_t i = 1; i < steps.size(); ++i) {
    graph::Graph changed = steps[i].graph;
    tamper.graph(steps[i].pass, changed);
    if (changed == steps[i].graph) continue;
    HR_RETURN_IF_ERROR(graph::verify(changed));
    for (size_t k = i; k < steps.size(); ++k) {
      steps[k].graph = changed;
      HR_ASSIGN_OR_RETURN(steps[k].program, interpreted(changed));
    }
    break;
  }
  return steps;
}

Expected<std::vector<std::shared_ptr<const Program>>> without_pass(const graph::Graph& built,
                                                                   const std::string& pass) {
  graph::Graph g = built;
  passes::Options options;
  options.disable = {pass};
  HR_RETURN_IF_ERROR(passes::run(g, options));
  std::vector<std::shared_ptr<const Program>> programs;
  HR_ASSIGN_OR_RETURN(programs.emplace_back(), interpreted(g));
  Expected<Lowered> lowered = lower(g, {});
  if (lowered.ok()) {
    HR_ASSIGN_OR_RETURN(programs.emplace_back(), bind_functions(make_loop_program(std::move(lowered->module),
                                                                                  std::move(lowered->info)),
                                                                testing::user_libraries()));
  } else if (lowered.status().code() != "compile.not_lowered") {
    return lowered.status();
  }
  return programs;
}

}  // namespace headrace::ladder
