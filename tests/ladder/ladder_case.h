// One case of the differential ladder: a pipeline, samples to run it on, and a number that decides everything
// else. As text it is a JSON file of a few lines that can be kept, edited by hand and run again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/status.h"
#include "tests/compiler/sample_recipe.h"

namespace headrace::ladder {

struct LadderCase {
  std::string spec;                            ///< JSON
  std::vector<testing::SampleRecipe> samples;  ///< sample i of the dataset, if a dataset can hold it
  uint64_t seed = 1, epoch = 0;                ///< of the random numbers
  uint64_t batch_size = 2;                     ///< of the loader; even
  uint64_t variation = 0;  ///< decides schedules, and which level runs on the rungs that run one
  bool operator==(const LadderCase&) const = default;
};

/// The case of a number: a random pipeline of one or two images and samples for it, some of which must fail.
/// The same arguments give the same case.
LadderCase random_case(uint64_t seed, uint64_t number);

/// What went wrong, and on which rung.
struct Failure {
  std::string rung, difference;
};

std::string to_text(const LadderCase& c, const Failure& failure);

/// Errors: "ladder.case", with what was expected.
Expected<LadderCase> parse_case(std::string_view text);

}  // namespace headrace::ladder
