// The loop of `headrace run`: epochs of batches, measured, hashed, saved.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/run_logs.h"
#include "headrace/digest.h"
#include "headrace/loader.h"
#include "headrace/program.h"
#include "headrace/status.h"
#include "runtime/platform/process_usage.h"

namespace headrace::cli {

struct RunSettings {
  uint64_t first_epoch = 0, first_batch = 0;
  uint64_t epochs = 1;       ///< the epoch after the last
  uint64_t max_batches = 0;  ///< stop after so many, summed over epochs; 0: at the end
  std::string save_folder;   ///< empty: nothing is saved
  Digest* digest = nullptr;  ///< null: nothing is hashed
  uint64_t rank = 0, world_size = 1;
  LogFile* samples = nullptr;  ///< null: no such file
  LogFile* errors = nullptr;
};

struct EpochResult {
  uint64_t epoch = 0, samples = 0, batches = 0;
  double seconds = 0;
  LoaderStats stats;  ///< of the epoch
  platform::ProcessUsage usage;
};

struct RunResult {
  std::vector<EpochResult> epochs;  ///< the last one partial if interrupted
  uint64_t samples = 0, batches = 0;
  uint64_t bytes = 0;              ///< of outputs
  double seconds = 0;              ///< of the epochs
  double first_batch_seconds = 0;  ///< from the start of the first epoch
  bool interrupted = false;
};

double rate_of(uint64_t samples, double seconds);

/// Runs the epochs, with a progress line. Every batch's outputs go to
/// "<save_folder>/epoch0_batch00000_<output>.npy". Stops between batches if an interrupt was requested.
/// Samples that failed go to the error log, or to standard error, a line each.
Expected<RunResult> run_epochs(Loader& loader, const ProgramInfo& info, const RunSettings& settings);

}  // namespace headrace::cli
