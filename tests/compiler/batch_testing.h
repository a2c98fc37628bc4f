// Runs the batch part of programs on rows held in memory, for comparison.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headrace/program.h"
#include "tests/compiler/random_stream.h"

namespace headrace::testing {

/// Rows of every output of a program, without NaNs and infinities where they are floats.
struct BatchRows {
  uint64_t rows = 0;
  std::vector<uint8_t> mask;
  std::vector<std::vector<uint8_t>> outputs;
  bool operator==(const BatchRows&) const = default;
};

/// Every 8th row or so is masked out.
BatchRows random_rows(RandomStream& random, const ProgramInfo& info, uint64_t rows);

/// Calls batch() for the pairs from begin to end. Outputs and mask lie in memory of their exact size, between pages that
/// cannot be touched. `problem` says what went wrong, if anything did.
BatchRows run_batch(const Program& program, const BatchRows& rows, const hr_key& key, uint64_t begin,
                    uint64_t end, std::string& problem);

/// Mixes a few random batches on both; "" if they agree. `changed` counts those in which anything was mixed.
std::string compare_batches(const Program& reference, const Program& other, uint64_t seed, int batches,
                            int& changed);

}  // namespace headrace::testing
