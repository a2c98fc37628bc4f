// The things said to make reading fast, one at a time.
#pragma once

#include <string>
#include <vector>

#include "bench/io/io_data.h"

namespace headrace::bench {

struct ClaimRow {
  std::string claim;    ///< "zero copy"
  std::string variant;  ///< "used where it is mapped"
  double value = 0;
  std::string unit;
  std::string note;
};

/// Rounds of each; the best counts, as other programs only ever add time.
std::vector<ClaimRow> measure_claims(const IoData& data, unsigned rounds);

}  // namespace headrace::bench
