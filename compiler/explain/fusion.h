// What the compiler made of each operation of the spec: which loop nest it went into, and where nests end.
#pragma once

#include <string_view>

#include "compiler/explain/instrument.h"
#include "compiler/lower/lower.h"
#include "headrace/explain.h"
#include "ir/graph.h"

namespace headrace::explaining {

/// Fills in ops, nodes, nests, seams and constants. `spec` is the text that the graph was built from.
void explain_fusion(std::string_view spec, const graph::Graph& graph, const Lowered& lowered,
                    const FunctionTable& table, const Schedule& schedule, Explanation& out);

}  // namespace headrace::explaining
