// Makes a failing case smaller while it still fails on the same rung.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/ladder/ladder_case.h"

namespace headrace::ladder {

/// Cases that are a little simpler than `c`, the boldest changes first: outputs, ops, attributes and samples
/// left out, numbers made smaller. Not all of their specs are valid.
std::vector<LadderCase> simpler_cases(const LadderCase& c);

struct Shrunk {
  LadderCase smallest;
  Failure failure;
  size_t tried = 0;
};

/// `fails` tries a case on the rung of `failure` and says how it fails, if it does. It is called `budget`
/// times at most.
Shrunk shrink(const LadderCase& c, const Failure& failure,
              const std::function<std::optional<Failure>(const LadderCase&)>& fails, size_t budget);

}  // namespace headrace::ladder
