// Graphs in text form for the tests.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace headrace::ir_testing {

/// Canonical texts of graphs that verify; together they hold every op, type and attribute kind.
const std::vector<std::string>& graph_texts();

}  // namespace headrace::ir_testing
