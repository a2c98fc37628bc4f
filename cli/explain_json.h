// An explanation as JSON.
#pragma once

#include <string>

#include "headrace/explain.h"

namespace headrace::cli {

/// One object, indented, with a newline at its end. Keys are those of struct Explanation.
std::string explanation_json(const Explanation& explanation);

}  // namespace headrace::cli
