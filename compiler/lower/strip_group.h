// One loop nest: a resample with the pointwise ops, cast and layout behind it, as fuse-strips marked it.
#pragma once

#include <string>
#include <vector>

#include "compiler/lower/stages.h"
#include "ir/graph.h"

namespace headrace::lowering {

struct StripGroup {
  graph::ValueId strips = graph::kNoValue;    ///< the marking node
  graph::ValueId resample = graph::kNoValue;
  Pointwise ops;
  Store store;
  int output = -1;            ///< index of the output it writes, or -1: an image in scratch
  std::string name;           ///< "image", or "image2" ... for images in scratch
  graph::Elem elem = graph::Elem::u8;
  graph::Elem source = graph::Elem::u8;  ///< of what the resample reads
};

/// The group whose end a `strips` node marks; one of `groups`.
const StripGroup& group_of(const std::vector<StripGroup>& groups, graph::ValueId strips);

/// The groups of a graph in order of evaluation.
Expected<std::vector<StripGroup>> find_groups(const graph::Graph& graph, const Schedule& schedule);

}  // namespace headrace::lowering
