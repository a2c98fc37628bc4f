// Numbers of classes, which a dataset may give.
#pragma once

#include <vector>

#include "compiler/spec.h"
#include "compiler/spec/ops.h"
#include "compiler/spec/reporter.h"

namespace headrace::spec {

/// Fills in the classes of each "one_hot" of an output that states none from the names of its field's values,
/// and checks those that are stated against them. Without `fields` they stay as they are.
void resolve_classes(std::vector<ParsedOp>& ops, const std::vector<ProgramField>* fields, Reporter& errors);

/// Says that the number of classes is neither stated nor known.
std::string missing_classes(const std::string& field);

}  // namespace headrace::spec
