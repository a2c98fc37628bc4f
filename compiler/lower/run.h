// The entry points @plan and @run.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/lower/group_memory.h"
#include "compiler/lower/strip_group.h"
#include "ir/loop_build.h"

namespace headrace::lowering {

/// Everything the entry points are built from.
struct EntryContext {
  const graph::Graph& graph;
  const std::vector<StripGroup>& groups;
  const std::map<std::string, int64_t>& field_index;
  const std::vector<int>& slots;  ///< first slot of each node
  const Schedule& schedule;
};

loop::Function build_plan(const EntryContext& context);
loop::Function build_run(const EntryContext& context);

/// Name of the stage function of a kind ("vertical") for a group, or of a shared one.
std::string group_stage_name(const StripGroup& group, const char* kind);
std::string table_stage_name(resample::Shape shape, bool q14);
std::string columns_stage_name(bool q14);
std::string horizontal_stage_name(Arith arith);
/// The arithmetics a group can need: narrow and wide for q14.
std::vector<Arith> group_ariths(const graph::Node& resample);
/// The table shapes a filter can need.
std::vector<resample::Shape> filter_shapes(const std::string& filter);

}  // namespace headrace::lowering
