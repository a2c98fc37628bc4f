#include "cli/run_session.h"

#include <chrono>
#include <cstdio>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "runtime/loader/npy.h"
#include "runtime/loader/progress.h"

namespace headrace::cli {
namespace {

using Clock = ProgressLine::Clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

uint64_t bytes_per_sample(const ProgramInfo& info) {
  uint64_t bytes = 0;
  for (const ProgramOutput& o : info.outputs) bytes += o.sample_bytes;
  return bytes;
}

Status save(const Batch& batch, const ProgramInfo& info, const std::string& folder, uint64_t epoch) {
  char stem[64];
  std::snprintf(stem, sizeof stem, "epoch%llu_batch%05llu_", static_cast<unsigned long long>(epoch),
                static_cast<unsigned long long>(batch.index()));
  for (size_t i = 0; i < info.outputs.size(); ++i) {
    const std::string path = folder + "/" + stem + info.outputs[i].name + ".npy";
    HR_RETURN_IF_ERROR(write_npy(path, info.outputs[i], batch.output(i), batch.samples()));
  }
  return {};
}

std::string progress_text(const EpochResult& e, uint64_t batches, uint64_t bytes) {
  return "epoch " + std::to_string(e.epoch) + ": " + format_count(e.batches) + " of " +
         (batches == 1 ? "1 batch" : format_count(batches) + " batches") + ", " +
         format_rate(rate_of(e.samples, e.seconds)) + " images/s, " +
         format_bytes(rate_of(e.samples * bytes, e.seconds)) + "/s of output";
}

}  // namespace

double rate_of(uint64_t samples, double seconds) {
  return seconds > 0 ? static_cast<double>(samples) / seconds : 0;
}

Expected<RunResult> run_epochs(Loader& loader, const ProgramInfo& info, const RunSettings& settings) {
  ProgressLine progress(stderr);
  const uint64_t bytes = bytes_per_sample(info);
  RunResult result;
  for (uint64_t e = 0; e < settings.epochs && !result.interrupted; ++e) {
    EpochResult epoch{.epoch = e};
    const Clock::time_point start = Clock::now();
    HR_RETURN_IF_ERROR(loader.start_epoch(e));
    for (;;) {
      result.interrupted = Interrupt::requested();
      if (result.interrupted) break;
      Expected<Batch> batch = loader.next();
      if (!batch.ok()) return batch.status();
      if (!*batch) break;
      if (result.samples == 0) result.first_batch_seconds = seconds_since(start);
      if (settings.digest != nullptr) settings.digest->add(*batch, info);
      if (!settings.save_folder.empty()) HR_RETURN_IF_ERROR(save(*batch, info, settings.save_folder, e));
      ++epoch.batches;
      epoch.samples += batch->samples();
      result.samples += batch->samples();
      epoch.seconds = seconds_since(start);
      if (progress.due()) progress.show(progress_text(epoch, loader.batches_per_epoch(), bytes));
    }
    result.seconds += epoch.seconds;
    result.epochs.push_back(epoch);
  }
  result.bytes = result.samples * bytes;
  return result;
}

}  // namespace headrace::cli
