// Simpler specs.
#pragma once

#include <string>
#include <vector>

namespace headrace::ladder {

/// Specs that are simpler than `spec` by one change: a part left out, a shared op written where it is used, a
/// number made smaller. Not all of them are valid; all are different from it.
std::vector<std::string> simpler_specs(const std::string& spec);

}  // namespace headrace::ladder
