// Random expressions for the op map.
#pragma once

#include <string>

#include "tests/compiler/random_stream.h"

namespace headrace::testing {

/// An expression of numbers that often leaves 0 to 255, and sometimes the finite numbers.
std::string random_expr(RandomStream& random);

/// {"op": "map", ...} with such an expression; `dtype` is "u8", "f32" or "" for none.
std::string random_map(RandomStream& random, const std::string& dtype);

}  // namespace headrace::testing
