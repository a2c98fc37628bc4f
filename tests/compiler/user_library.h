// The library of functions that the pipelines of tests call, user_functions.c, named as users name theirs.
// Only for tests that are told where it is (HEADRACE_USER_FUNCTIONS).
#pragma once

#include <string>
#include <vector>

namespace headrace::testing {

inline std::vector<std::string> user_libraries() { return {HEADRACE_USER_FUNCTIONS}; }

}  // namespace headrace::testing
