// The order of an output's ops: which op can follow which, and what the output comes out as.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/spec.h"
#include "compiler/spec/ops.h"
#include "compiler/spec/reporter.h"

namespace headrace::spec {

/// What an output comes out as.
struct OutputForm {
  enum class Kind { unknown, image, number, bytes, vector };
  Kind kind = Kind::unknown;  ///< unknown after an error
  std::optional<Size2> size;  ///< of an image
};

/// Checks the ops of the output at `where`, in order. `fields`, if not null, are the dataset's fields.
/// An op that was reported as invalid makes what depends on it unknown instead of wrong.
OutputForm check_sequence(const std::vector<ParsedOp>& ops, const std::string& where,
                    const std::vector<ProgramField>* fields, Reporter& errors);

}  // namespace headrace::spec
