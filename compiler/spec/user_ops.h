// The ops whose meaning users write themselves: "map" (an expression) and "call" (a C function).
#pragma once

#include <optional>
#include <string>

#include "compiler/spec.h"
#include "compiler/spec/object_reader.h"

namespace headrace::spec {

OpParams parse_map(ObjectReader& in);
OpParams parse_call(ObjectReader& in);

/// Why an expression cannot be meant for u8 results, or empty: all it gives of the 256 values of a pixel lies
/// near zero and is not whole, as in x / 255.
std::string looks_fractional(const std::string& expr);

}  // namespace headrace::spec
