// Which rectangles of a graph lie where they must whatever the sample. Graphs that are made from specs have
// no others; an edited one may take a rectangle of one image for that of another.
#pragma once

#include "ir/graph.h"

namespace headrace::lowering {

/// Whether a resample's rectangle lies in its source, by how it is made. If not, it has to be checked.
bool rect_lies_in_source(const graph::Graph& graph, const graph::Node& resample);

/// The same of its window and the whole resized image.
bool window_lies_in_result(const graph::Graph& graph, const graph::Node& resample);

/// Whether a resample without a filter keeps its whole rectangle.
bool window_is_rect(const graph::Graph& graph, const graph::Node& resample);

}  // namespace headrace::lowering
