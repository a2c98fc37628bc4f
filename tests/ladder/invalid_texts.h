// Specs and IR texts that must be refused: each is a valid one with one thing made wrong.
#pragma once

#include <string>
#include <vector>

namespace headrace::ladder {

struct Invalid {
  std::string what;  ///< is wrong with it
  std::string text;
};

/// Of a valid JSON spec.
std::vector<Invalid> invalid_specs(const std::string& spec);

/// Of the text of a valid graph, as it is printed.
std::vector<Invalid> invalid_graphs(const std::string& graph);

/// Of the text of a valid function of the loop IR, as it is printed; of a long one, in some of its lines.
std::vector<Invalid> invalid_loops(const std::string& function);

}  // namespace headrace::ladder
