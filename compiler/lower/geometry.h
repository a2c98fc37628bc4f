// Sizes, rectangles, flags and random draws as loop IR (the definition is ir/geometry.h).
#pragma once

#include <map>
#include <vector>

#include "ir/graph.h"
#include "ir/loop_build.h"

namespace headrace::lowering {

/// How many 64-bit slots a geometry value takes: size 2 (height, width), rect 4 (top, left, height,
/// width), scale 1, bool 1; 0 for everything else.
int slots_of(const graph::Node& node);

/// First slot of every geometry node, by node.
std::vector<int> assign_slots(const graph::Graph& graph, uint32_t& slot_count);

/// Builds the values of all geometry nodes in order; each is a list of i64. `frame` is an hr_plan_frame.
std::vector<loop::Values> lower_geometry(loop::Builder& b, loop::V frame, const graph::Graph& graph,
                                         const std::map<std::string, int64_t>& field_index);

}  // namespace headrace::lowering
