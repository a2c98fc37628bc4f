// Seeded random pipelines: valid specs that together use every op with every output type and filter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headrace/program.h"
#include "headrace/types.h"
#include "tests/compiler/coverage.h"

namespace headrace::testing {

struct RandomSpec {
  std::string json;
  std::vector<OutputContent> images;
  int64_t need_height = 1, need_width = 1;  ///< smaller images fail with HR_E_CROP_OUTSIDE
  bool mixes = false;                       ///< has a "batch" section
  int64_t longest_short_side = 0;  ///< largest resize by short side; its other side grows with the aspect
};

/// How many consecutive image outputs it takes to see every possible (op, dtype, filter) at least once. About
/// two in five call functions of the tests' library (random_calls.h).
inline constexpr uint64_t kOutputCycle = 60;

/// A spec of `image_outputs` image outputs, the first of which is number `first_output` of the cycle above,
/// and sometimes of scalars and vectors; some specs mix what can be mixed. The same arguments give the same
/// text.
RandomSpec random_spec(uint64_t seed, uint64_t first_output, int image_outputs, Numerics numerics);

/// The dataset the specs are for: image, mask: image; label, class: i64; score: f64; key: bytes.
const std::vector<ProgramField>& random_spec_fields();

}  // namespace headrace::testing
