// Small tools for building and rewriting graphs.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace headrace::graph {

/// Appends a node with its inferred type. The operands must make the op well-formed.
ValueId emit(Body& body, Op op, std::vector<ValueId> operands, std::map<std::string, Attr> attrs = {});

/// Makes every user of `from` (other than `except`) use `to`, which stems from the same ops as `from` then.
void replace_uses(Graph& graph, ValueId from, ValueId to, ValueId except = kNoValue);

/// Whether an op of images computes each pixel from that pixel alone, wherever it stands.
bool is_pointwise(Op op);

/// The value of a const_bool, or -1.
int known_bool(const Graph& graph, ValueId id);

}  // namespace headrace::graph
