// What `headrace run` can be told, beside the pipeline and the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/loader_options.h"
#include "headrace/loader.h"
#include "headrace/status.h"

namespace CLI {
class App;
}

namespace headrace::cli {

struct RunOptions {
  uint64_t epochs = 1;
  uint64_t max_batches = 0;  ///< 0: to the end
  bool digest = false, json = false;
  std::string save_folder;  ///< for every batch's outputs
  std::string state_file, save_state_file, samples_file, errors_file, trace_file;

  std::optional<LoaderState> resumed;  ///< by read_state()

  void declare(CLI::App& app);

  /// Error "cli.output" if what is to be written would replace one of `inputs`.
  Status check_outputs(const std::vector<std::string>& inputs) const;

  /// Reads the state to go on from, if one was given. Errors: "state.*".
  Status read_state();

  /// The command line's settings over those of the spec, for a dataset of so many samples. Errors:
  /// "cli.subset".
  Status apply(uint64_t samples, LoaderOptions& options) const;

 private:
  std::optional<uint64_t> batch_size_, seed_;
  std::optional<Order> order_;
  uint64_t limit_ = 0;
  SequenceOptions sequence_;
  LoaderOptions given_;  // threads, buffers, I/O, policy
};

}  // namespace headrace::cli
