#include "cli/bench_rounds.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "cli/run_session.h"

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

Expected<std::unique_ptr<BaselineBench>> BaselineBench::create(std::shared_ptr<const Dataset> dataset,
                                                               size_t field, unsigned threads) {
  std::unique_ptr<BaselineBench> bench(new BaselineBench);
  std::vector<hr_field> fields(dataset->schema().fields.size());
  for (uint64_t i = 0; i < dataset->size(); ++i) {
    HR_RETURN_IF_ERROR(dataset->read(i, fields));
    bench->images_.emplace_back(fields[field].data, fields[field].size);
  }
  bench->dataset_ = std::move(dataset);
  bench->decoders_.resize(threads);
  HR_RETURN_IF_ERROR(bench->pass());
  return bench;
}

Status BaselineBench::pass() {
  std::atomic<size_t> next = 0;
  std::vector<Status> problems(decoders_.size());
  const auto work = [&](size_t thread) {
    for (size_t i = next.fetch_add(1); i < images_.size(); i = next.fetch_add(1)) {
      const Expected<BaselineDecoder::Image> image = decoders_[thread].decode(images_[i]);
      if (image.ok()) continue;
      const Status damaged = image.status();
      for (const Diagnostic& d : damaged.errors()) {
        problems[thread].add(d.code, dataset_->path(),
                             "sample " + std::to_string(i) + " (" + dataset_->key(i) + ") " + d.message);
      }
      next.store(images_.size());
    }
  };
  std::vector<std::jthread> others;
  for (size_t t = 1; t < decoders_.size(); ++t) {
    try {
      others.emplace_back(work, t);
    } catch (const std::system_error& e) {
      next.store(images_.size());
      return {"bench.threads", "", "no thread can be started: " + e.code().message()};
    }
  }
  work(0);
  others.clear();  // joins
  for (Status& problem : problems) HR_RETURN_IF_ERROR(std::move(problem));
  return {};
}

Expected<double> BaselineBench::round(double min_seconds) {
  uint64_t images = 0;
  const Clock::time_point start = Clock::now();
  double seconds = 0;
  do {
    HR_RETURN_IF_ERROR(pass());
    images += images_.size();
    seconds = seconds_since(start);
  } while (seconds < min_seconds);
  return rate_of(images, seconds);
}

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
  return Rates{rate_of(steady_samples, steady_seconds), rate_of(samples, seconds)};
}

}  // namespace headrace::cli
