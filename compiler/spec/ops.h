// The ops of the spec: their keys, and reading one.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "compiler/spec.h"
#include "compiler/spec/object_reader.h"

namespace headrace::spec {

/// An op as far as it could be read.
struct ParsedOp {
  Op op;
  bool known = false;  ///< the op's name is one of op_names(); op.params has its alternative
  bool valid = false;  ///< no error in it; otherwise op.params is partly default
};

/// Names of all ops, and of those that draw random numbers (which alone can be shared).
std::span<const std::string_view> op_names();
std::span<const std::string_view> random_op_names();

/// Reads {"op": ..., ...}, an object, found at `where`, which also becomes its pointer and rng_id.
ParsedOp parse_op(const json::Value& element, const std::string& where, Reporter& errors);

}  // namespace headrace::spec
