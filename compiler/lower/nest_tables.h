// The weight tables of a nest: which stage makes them, and how the passes sum by them.
#pragma once

#include <string>
#include <vector>

#include "compiler/lower/group_memory.h"

namespace headrace::lowering {

/// A stage that makes tables. `boxed`: of a part of the source (of a scaled image).
struct TableKind {
  resample::Shape shape;
  bool boxed = false;
};
std::string table_stage_name(const TableKind& kind, bool q14);

/// The tables a resample can need: one kind, or one where both axes shrink and one for the rest.
std::vector<TableKind> table_kinds(const graph::Node& resample);

/// Calls the table stages of both axes. `working` is the nest's scratch.
void call_tables(loop::Builder& b, const graph::Node& resample, const ResampleValues& values,
                 const TableMemory& memory, loop::V working);

/// Whether the horizontal or vertical axis has too many taps for 16-bit sums (resample::kNarrowTaps): an i1.
loop::V across_is_wide(const std::string& filter, const ResampleValues& values);
loop::V down_is_wide(const std::string& filter, const ResampleValues& values);

}  // namespace headrace::lowering
