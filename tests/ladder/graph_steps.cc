#include "tests/ladder/graph_steps.h"

#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/programs.h"

namespace headrace::ladder {

Expected<std::vector<GraphStep>> graph_steps(const graph::Graph& built, const Tamper& tamper) {
  std::vector<GraphStep> steps;
  const auto add = [&](const std::string& pass, bool exact, const graph::Graph& g) {
    steps.push_back({pass, exact, g, make_graph_program(g, program_info(g))});
  };
  add("", true, built);
  passes::Options options;
  options.after = [&](const passes::Pass& pass, bool changed, const graph::Graph& g, int64_t) {
    if (changed) add(std::string(pass.name), pass.tag == passes::Tag::exact, g);
  };
  graph::Graph optimised = built;
  HR_RETURN_IF_ERROR(passes::run(optimised, options));
  if (!tamper.graph) return steps;
  // A mistake stays in what the later passes leave, or the rung after it would be blamed.
  for (size_t i = 1; i < steps.size(); ++i) {
    graph::Graph changed = steps[i].graph;
    tamper.graph(steps[i].pass, changed);
    if (changed == steps[i].graph) continue;
    HR_RETURN_IF_ERROR(graph::verify(changed));
    for (size_t k = i; k < steps.size(); ++k) {
      steps[k].graph = changed;
      steps[k].program = make_graph_program(changed, program_info(changed));
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
  programs.push_back(make_graph_program(g, program_info(g)));
  Expected<Lowered> lowered = lower(g, {});
  if (lowered.ok()) {
    programs.push_back(make_loop_program(std::move(lowered->module), std::move(lowered->info)));
  } else if (lowered.status().code() != "compile.not_lowered") {
    return lowered.status();
  }
  return programs;
}

}  // namespace headrace::ladder
