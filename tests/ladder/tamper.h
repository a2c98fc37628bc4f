// Mistakes planted into a rung, to see that the ladder finds them.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "headrace/program.h"
#include "ir/graph.h"
#include "ir/loop.h"

namespace headrace::ladder {

/// Each may change what it is given, or be empty. Of rungs they are given the name.
struct Tamper {
  std::function<void(std::string_view pass, graph::Graph&)> graph;   ///< what a pass leaves
  std::function<void(std::string_view rung, loop::Module&)> module;  ///< what is compiled or interpreted
  std::function<void(std::string_view rung, std::shared_ptr<const Program>&)> program;  ///< what is run
};

}  // namespace headrace::ladder
