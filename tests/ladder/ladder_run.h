// Long runs of the ladder, in several processes: one that dies of generated code takes nothing with it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace headrace::ladder {

struct RunOptions {
  uint64_t pipelines = 100, seed = 1, first = 0;
  unsigned jobs = 1;           ///< processes
  std::string save;            ///< folder for failing cases; empty: none are saved
  unsigned shrink = 600;       ///< how many simpler cases to try for each failing one
  unsigned progress_s = 10;    ///< seconds between lines of progress
  uint64_t max_failures = 10;  ///< the run ends after so many
};

/// Runs and prints; true if nothing failed.
bool run(const RunOptions& options);

/// Runs the cases of files again; true if none fails.
bool replay(const std::vector<std::string>& files, unsigned shrink_budget);

}  // namespace headrace::ladder
