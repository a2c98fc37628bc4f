// From a pipeline's text to its graph, and what else decides the code that is made of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/lower/facts.h"
#include "compiler/lower/schedule.h"
#include "compiler/passes/pass.h"
#include "headrace/dataset.h"
#include "headrace/isa.h"
#include "headrace/pipeline.h"
#include "headrace/schedule.h"
#include "headrace/status.h"
#include "headrace/types.h"
#include "ir/graph.h"

namespace headrace {

struct FrontEnd {
  graph::Graph graph;     ///< before any pass
  std::string canonical;  ///< the spec, or the graph, in the one way to write it down
  std::vector<std::pair<std::string, std::string>> loader;  ///< its loader settings, as text
};

/// Reads a spec or, if `from` says so, a graph. With a dataset, field names and kinds are checked and used.
/// `numerics` overrides the text's. Errors: those of the text, "compile.from" (a stage that cannot be read
/// here), "compile.field" (a graph's field that the dataset does not have), "compile.numerics" (of a graph
/// that has been through the passes).
Expected<FrontEnd> front_end(std::string_view text, const Dataset* dataset, std::optional<Numerics> numerics,
                             std::optional<Stage> from = {});

/// Runs the passes over what front_end() gave; none if it was a graph after the passes.
Status run_passes(graph::Graph& graph, std::optional<Stage> from, const passes::Options& options);

/// What is known of a dataset; of none, nothing.
Facts facts_of(const Dataset* dataset);

/// How code for a level is written, given what was asked for, which check_schedule() accepts. Vectors are
/// never wider than the level's registers.
Schedule schedule_for(Isa isa, const ScheduleOptions& asked = {});

/// The same for the loop interpreter, which runs any width.
Schedule interpreted_schedule(const ScheduleOptions& asked);

}  // namespace headrace
