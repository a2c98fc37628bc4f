// Specs and IR texts that must be refused: each is a valid one with one thing made wrong.
#pragma once

#include <string>
#include <vector>

namespace headrace::ladder {

struct Invalid {
  std::string what;  ///< is wrong with it
  std::string text;
  std::string error = {};  ///< the one it must be refused with, if not any
};

/// Of a valid JSON spec.
std::vector<Invalid> invalid_specs(const std::string& spec);

/// Of a valid spec that calls functions of the tests' library: with one function or library that is another.
/// No mistakes in a spec, but a pipeline that is run with the library `path` must be refused.
std::vector<Invalid> invalid_calls(const std::string& spec, const std::string& path);

/// Of the text of a valid graph, as it is printed.
std::vector<Invalid> invalid_graphs(const std::string& graph);

/// Of the text of a valid function of the loop IR, as it is printed; of a long one, in some of its lines.
std::vector<Invalid> invalid_loops(const std::string& function);

}  // namespace headrace::ladder
