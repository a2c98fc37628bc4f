// Loop IR modules for the tests.
#pragma once

#include <string>
#include <vector>

#include "ir/loop.h"

namespace headrace::ir_testing {

/// A module whose functions hold every op and every form of it, made with the Builder.
loop::Module every_op();

/// Externs that every_op() and the error table may call.
const std::vector<loop::Extern>& loop_externs();

}  // namespace headrace::ir_testing
