#include "cli/run_session.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/run_progress.h"
#include "runtime/loader/limit.h"
#include "runtime/loader/npy.h"
#include "runtime/loader/progress.h"

namespace headrace::cli {
namespace {

using Clock = std::chrono::steady_clock;

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

RunProgress::Plan plan_of(const Loader& loader, const RunSettings& settings) {
  RunProgress::Plan plan;
  plan.batches_per_epoch = loader.batches_per_epoch();
  plan.begin = settings.first_epoch * plan.batches_per_epoch + settings.first_batch;
  plan.end = settings.epochs * plan.batches_per_epoch;
  if (settings.max_batches != 0) plan.end = std::min(plan.end, plan.begin + settings.max_batches);
  plan.threads = loader.threads();
  return plan;
}

/// What is kept of a batch: its hash, its outputs, the logs.
Status record(const Batch& batch, Loader& loader, const ProgramInfo& info, const RunSettings& settings,
              RunProgress& progress) {
  if (settings.digest != nullptr) settings.digest->add(batch, info);
  if (!settings.save_folder.empty())
    HR_RETURN_IF_ERROR(save(batch, info, settings.save_folder, batch.epoch()));
  if (settings.samples != nullptr)
    HR_RETURN_IF_ERROR(
        settings.samples->write(sample_log_lines(batch, info, settings.rank, settings.world_size)));
  const std::vector<SampleReport> reports = loader.take_reports();
  if (reports.empty()) return {};
  if (settings.errors != nullptr) return settings.errors->write(error_log_lines(reports));
  progress.clear();
  for (const SampleReport& r : reports) {
    warn(to_string(r.error) + (r.replaced ? "; sample " + std::to_string(r.substitute) + " takes its place"
                                          : "; its row is zeros"));
  }
  return {};
}

}  // namespace

double rate_of(uint64_t samples, double seconds) {
  return seconds > 0 ? static_cast<double>(samples) / seconds : 0;
}

Expected<RunResult> run_epochs(Loader& loader, const ProgramInfo& info, const RunSettings& settings) {
  RunProgress progress(stderr, plan_of(loader, settings));
  const uint64_t bytes = bytes_per_sample(info);
  RunResult result;
  bool stop = false;
  for (uint64_t e = settings.first_epoch; e < settings.epochs && !stop; ++e) {
    EpochResult epoch;
    epoch.epoch = e;
    const LoaderStats stats = loader.stats();
    const platform::ProcessUsage usage = platform::process_usage();
    const Clock::time_point start = Clock::now();
    HR_RETURN_IF_ERROR(loader.start_epoch(e));
    for (;;) {
      result.interrupted = Interrupt::requested();
      stop = result.interrupted || (settings.max_batches != 0 && result.batches == settings.max_batches);
      if (stop) break;
      Expected<Batch> batch = loader.next();
      if (!batch.ok()) return batch.status();
      if (!*batch) break;
      if (result.samples == 0) result.first_batch_seconds = seconds_since(start);
      HR_RETURN_IF_ERROR(record(*batch, loader, info, settings, progress));
      ++epoch.batches;
      ++result.batches;
      epoch.samples += batch->samples();
      result.samples += batch->samples();
      epoch.seconds = seconds_since(start);
      if (progress.due()) progress.show(e, batch->index() + 1, loader.stats());
    }
    epoch.stats = difference(loader.stats(), stats);
    epoch.usage = difference(platform::process_usage(), usage);
    result.seconds += epoch.seconds;
    result.epochs.push_back(epoch);
  }
  result.bytes = result.samples * bytes;
  return result;
}

}  // namespace headrace::cli
