#include "cli/bench_rounds.h"

#include <chrono>
#include <thread>
#include <utility>

#include "cli/run_session.h"
#include "runtime/platform/process_usage.h"

namespace headrace::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// More batches than a ring has buffers, so that every buffer was written once before time counts.
constexpr int kWarmUpBatches = 4;
constexpr std::chrono::milliseconds kMemorySampling(5);

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

Expected<std::unique_ptr<PipelineBench>> PipelineBench::create(const std::string& spec,
                                                               std::shared_ptr<const Dataset> dataset,
                                                               const CompileOptions& compile,
                                                               const LoaderOptions& loader) {
  std::unique_ptr<PipelineBench> bench(new PipelineBench);
  bench->dataset_ = std::move(dataset);
  bench->options_ = loader;
  {
    // Compilers need memory for moments only.
    const std::jthread sampler([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        bench->memory_.sample();
        std::this_thread::sleep_for(kMemorySampling);
      }
    });
    HR_RETURN_IF_ERROR(bench->start_up(spec, compile));
  }
  return bench;
}

Status PipelineBench::start_up(const std::string& spec, const CompileOptions& options) {
  const Clock::time_point start = Clock::now();
  HR_ASSIGN_OR_RETURN(program_, compile(spec, dataset_.get(), options));
  compile_seconds_ = seconds_since(start);
  HR_ASSIGN_OR_RETURN(const auto loader, Loader::create(dataset_, program_, options_));
  HR_RETURN_IF_ERROR(loader->start_epoch(epoch_++));
  HR_ASSIGN_OR_RETURN(const Batch first, loader->next());
  first_batch_seconds_ = seconds_since(start);
  if (!first) return {"bench.no_batch", dataset_->path(), "gives no batch"};
  return {};
}

Expected<PipelineBench::Rates> PipelineBench::round(double min_seconds) {
  HR_ASSIGN_OR_RETURN(const auto loader, Loader::create(dataset_, program_, options_));
  HR_RETURN_IF_ERROR(loader->start_epoch(epoch_++));
  for (int i = 0; i < kWarmUpBatches; ++i) HR_RETURN_IF_ERROR(loader->next().status());

  uint64_t steady_samples = 0, samples = 0;
  double steady_seconds = 0, seconds = 0;
  const uint64_t cpu_before = platform::process_usage().cpu_ns;
  do {
    const Clock::time_point start = Clock::now();
    HR_RETURN_IF_ERROR(loader->start_epoch(epoch_++));
    double first = 0, last = 0;
    uint64_t after_first = 0;
    for (bool is_first = true;; is_first = false) {
      HR_ASSIGN_OR_RETURN(const Batch batch, loader->next());
      if (!batch) break;
      last = seconds_since(start);
      if (is_first) first = last;
      if (!is_first) after_first += batch.samples();
      samples += batch.samples();
      memory_.sample();
    }
    steady_samples += after_first;
    steady_seconds += last - first;
    seconds += last;
  } while (seconds < min_seconds);
  const double cpu_seconds = static_cast<double>(platform::process_usage().cpu_ns - cpu_before) * 1e-9;
  return Rates{rate_of(steady_samples, steady_seconds), rate_of(samples, seconds),
               rate_of(samples, cpu_seconds)};
}

}  // namespace headrace::cli
