// The entry point @batch: draws what is drawn for a batch, then mixes its pairs of rows in place.
#pragma once

#include <string>

#include "compiler/lower/schedule.h"
#include "ir/graph.h"
#include "ir/loop_build.h"

namespace headrace::lowering {

/// @blend_ELEM(a, b: ptr, count: i64, share, rest: f32): `count` elements of two rows.
std::string blend_stage_name(graph::Elem elem);
loop::Function build_blend_stage(graph::Elem elem, const Schedule& schedule);

/// @exchange(a, b: ptr, rows, row_bytes, stride: i64): as many rows of as many bytes.
inline constexpr const char* kExchangeStage = "exchange";
loop::Function build_exchange_stage(const Schedule& schedule);

/// Calls the stages above. The graph has a batch part.
loop::Function build_batch(const graph::Graph& graph);

}  // namespace headrace::lowering
