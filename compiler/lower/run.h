// The entry points @plan and @run.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "compiler/lower/facts.h"
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
  const Facts& facts;
};

loop::Function build_plan(const EntryContext& context);
loop::Function build_run(const EntryContext& context);

/// A resample's values, given those of its operands.
ResampleValues resample_values(const graph::Node& resample, const std::function<loop::Values(size_t)>& operand);

/// What plan() found for a group's resample, loaded from the slots.
ResampleValues load_values(loop::Builder& b, const EntryContext& context, const StripGroup& group, loop::V slots);

/// Bytes from one row of a group's output to the next.
loop::V output_stride(loop::Builder& b, const StripGroup& group, const ResampleValues& values);

/// Name of the stage function of a kind ("vertical") for a group, or of a shared one.
std::string group_stage_name(const StripGroup& group, const char* kind);
std::string columns_stage_name(bool q14);
std::string horizontal_stage_name(Arith arith);
/// The arithmetics a group can need: narrow and wide for q14.
std::vector<Arith> group_ariths(const graph::Node& resample);

}  // namespace headrace::lowering
