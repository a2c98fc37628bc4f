// The loop of `headrace run`: epochs of batches, measured, hashed, saved.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headrace/digest.h"
#include "headrace/loader.h"
#include "headrace/program.h"
#include "headrace/status.h"

namespace headrace::cli {

struct RunSettings {
  uint64_t epochs = 1;
  std::string save_folder;   ///< empty: nothing is saved
  Digest* digest = nullptr;  ///< null: nothing is hashed
};

struct EpochResult {
  uint64_t epoch = 0, samples = 0, batches = 0;
  double seconds = 0;
};

struct RunResult {
  std::vector<EpochResult> epochs;  ///< the last one partial if interrupted
  uint64_t samples = 0;
  uint64_t bytes = 0;              ///< of outputs
  double seconds = 0;              ///< of the epochs
  double first_batch_seconds = 0;  ///< from the start of the first epoch
  bool interrupted = false;
};

double rate_of(uint64_t samples, double seconds);

/// Runs the epochs, with a progress line every second. Every batch's outputs go to
/// "<save_folder>/epoch0_batch00000_<output>.npy". Stops between batches if an interrupt was requested.
Expected<RunResult> run_epochs(Loader& loader, const ProgramInfo& info, const RunSettings& settings);

}  // namespace headrace::cli
