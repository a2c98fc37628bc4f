#include "cli/run_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/command.h"
#include "cli/options.h"
#include "runtime/platform/file_io.h"

namespace headrace::cli {
namespace {

constexpr uint64_t kMaxEpochs = 1'000'000;
constexpr uint64_t kMaxStateBytes = 4096;

}  // namespace

void RunOptions::declare(CLI::App& app) {
  const auto number = [&app](const char* name, auto& target, const char* help, uint64_t min,
                             uint64_t max = UINT64_MAX) {
    app.add_option(name, target, help)->check(whole_number(min, max))->type_name("N");
  };
  const auto file = [&app](const char* name, std::string& target, const char* help) {
    app.add_option(name, target, help)->type_name("FILE");
  };
  add_batch_size(app, batch_size_);
  number("--epochs", epochs, "end after epoch N - 1 (default: 1)", 1, kMaxEpochs);
  number("--seed", seed_, "seed of the order and of random operations (default: 0, or the state's)", 0);
  add_order(app, order_);
  add_sequence_options(app, sequence_);
  number("--limit", limit_, "only the first N samples of each epoch's order", 1);
  number("--stop-after-batches", max_batches, "end after N batches", 1);
  file("--state", state_file, "go on from the state in this file");
  file("--save-state", save_state_file, "write the state of the run into this file when it ends");

  add_threads(app, given_.threads);
  app.add_flag("--pin-threads", given_.pin_threads, "keep each worker thread on a CPU of its own");
  add_io(app, given_.io);
  add_size(app, "--ring-memory", given_.ring_bytes,
           "memory for batch buffers (default: four times the ring of 3, or 2 large ones)");
  add_on_error(app, given_.on_error);
  add_limits(app, given_.limits);

  file("--errors", errors_file, "write a JSON line for each sample that failed into this file");
  file("--samples", samples_file,
       "write a CSV line for each sample: epoch, global batch, position in it, sample, XXH3-64 of its "
       "outputs");
  file("--trace", trace_file, "write what each thread did and when into this file, for Perfetto");
  app.add_flag("--digest", digest, "print one hash of all output bytes");
  app.add_option("--save", save_folder, "write every batch's outputs as .npy files into this folder")
      ->type_name("DIR");
  app.add_flag("--json", json, "print one JSON object");
}

Status RunOptions::check_outputs(const std::vector<std::string>& inputs) const {
  for (const std::string* output : {&save_state_file, &samples_file, &errors_file, &trace_file})
    HR_RETURN_IF_ERROR(check_output(*output, inputs));
  return {};
}

Status RunOptions::read_state() {
  if (state_file.empty()) return {};
  HR_ASSIGN_OR_RETURN(const platform::OpenFile file, platform::OpenFile::read_only(state_file, "state.file"));
  std::vector<uint8_t> bytes;
  HR_RETURN_IF_ERROR(platform::read_all(file, kMaxStateBytes, state_file, "state.file", bytes));
  HR_ASSIGN_OR_RETURN(resumed, LoaderState::from_json(std::string(bytes.begin(), bytes.end()), state_file));
  if (resumed->epoch >= epochs) {
    return {"state.epoch", state_file,
            "the state is in epoch " + std::to_string(resumed->epoch) + ", but the run ends after " +
                plural(epochs, "epoch") + " (--epochs counts from the start of training)"};
  }
  return {};
}

Status RunOptions::apply(uint64_t samples, LoaderOptions& options) const {
  options.threads = given_.threads;
  options.pin_threads = given_.pin_threads;
  options.io = given_.io;
  options.ring_bytes = given_.ring_bytes;
  options.limits = given_.limits;
  options.on_error = given_.on_error;
  options.limit = limit_;
  options.trace = !trace_file.empty();
  if (order_) options.order = *order_;
  HR_RETURN_IF_ERROR(apply_sequence_options(sequence_, options));
  // A world that shares few samples gets a batch of its share.
  const uint64_t used = limit_ == 0 ? samples : std::min(limit_, samples);
  const uint64_t share = used / std::max<uint64_t>(options.world_size, 1);
  options.batch_size = batch_size_.value_or(std::clamp<uint64_t>(share, 1, LoaderOptions{}.batch_size));
  options.seed = seed_.value_or(resumed ? resumed->seed : 0);
  return {};
}

}  // namespace headrace::cli
