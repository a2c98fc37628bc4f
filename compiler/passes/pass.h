// The graph passes and the order they run in. A pass tagged exact leaves the graph's meaning (the
// interpreter's bytes) as it was; one tagged approx changes it within documented bounds and runs only in
// `fast` numerics.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace headrace::passes {

enum class Tag : uint8_t { exact, approx };

struct Pass {
  std::string_view name;
  Tag tag;
  void (*run)(graph::Graph&);
};

/// Every pass, in order: the table of contents of the optimiser.
std::span<const Pass> all();

struct Options {
  std::string stop_after;             ///< name of the last pass to run; empty: all
  std::vector<std::string> disable;   ///< names of passes to leave out
  /// Called after each pass that ran: its name, whether the graph changed, the graph, nanoseconds.
  std::function<void(const Pass&, bool changed, const graph::Graph&, int64_t ns)> after;
};

/// Runs the passes over a verified graph; the graph is verified after each.
Status run(graph::Graph& graph, const Options& options = {});

void infer(graph::Graph& graph);
void canonicalize(graph::Graph& graph);
void hoist_geometry(graph::Graph& graph);
void fold_flips(graph::Graph& graph);
void fuse_resample(graph::Graph& graph);
void compose_affine(graph::Graph& graph);
void widen_resample(graph::Graph& graph);
void resample_planes(graph::Graph& graph);
void fuse_strips(graph::Graph& graph);

}  // namespace headrace::passes
