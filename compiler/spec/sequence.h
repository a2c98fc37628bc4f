// The order of an output's ops: which op can follow which, and what the output comes out as.
#pragma once

#include <string>
#include <vector>

#include "compiler/spec.h"
#include "compiler/spec/ops.h"
#include "compiler/spec/reporter.h"

namespace headrace::spec {

/// Checks the ops of the output at `where`, in order. `fields`, if not null, are the dataset's fields.
/// An op that was reported as invalid makes what depends on it unknown instead of wrong.
void check_sequence(const std::vector<ParsedOp>& ops, const std::string& where,
                    const std::vector<ProgramField>* fields, Reporter& errors);

}  // namespace headrace::spec
