// Filling an hr_error.
#pragma once

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "headrace/abi.h"

namespace headrace {

/// Sets code and text, clears the numbers; returns the code.
inline hr_result report(hr_error* error, hr_result code, const char* text) {
  std::fill(std::begin(error->args), std::end(error->args), 0);
  error->code = code;
  std::snprintf(error->text, sizeof error->text, "%s", text);
  return code;
}

}  // namespace headrace
