// Seeded random samples for differential tests: sizes from 1x1 to a few hundred pixels, every encoding, and
// samples that must fail.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headrace/abi.h"
#include "tests/compiler/program_testing.h"
#include "tests/compiler/random_spec.h"
#include "tests/compiler/random_stream.h"
#include "tests/compiler/sample_recipe.h"

namespace headrace::testing {

struct RandomSample {
  std::string name;  ///< size and kind, for messages
  TestImage image;
  hr_key key{};
  int64_t label = 0;
  bool damaged = false;  ///< a JPEG that a full decode refuses and a crop above the damage may not
};

/// `good` recipes of samples that the spec can run on, then `bad` ones that are mostly refused: too small, damaged, of
/// no known encoding.
std::vector<SampleRecipe> random_recipes(RandomStream& random, const RandomSpec& spec, int good, int bad);

/// Samples of such recipes, with random keys.
std::vector<RandomSample> random_samples(RandomStream& random, const RandomSpec& spec, int good, int bad);

}  // namespace headrace::testing
