// From a spec's text to its graph, and what else decides the code that is made of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/lower/facts.h"
#include "compiler/lower/schedule.h"
#include "headrace/dataset.h"
#include "headrace/isa.h"
#include "headrace/status.h"
#include "headrace/types.h"
#include "ir/graph.h"

namespace headrace {

struct FrontEnd {
  graph::Graph graph;     ///< before any pass
  std::string canonical;  ///< the spec in the one way to write it down
  std::vector<std::pair<std::string, std::string>> loader;  ///< its loader settings, as text
};

/// With a dataset, field names and kinds are checked and used. `numerics` overrides the spec's.
Expected<FrontEnd> front_end(std::string_view json, const Dataset* dataset, std::optional<Numerics> numerics);

/// What is known of a dataset; of none, nothing.
Facts facts_of(const Dataset* dataset);

/// How code for a level is written.
Schedule schedule_for(Isa isa);

}  // namespace headrace
