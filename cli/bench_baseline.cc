#include "cli/bench_baseline.h"

#include <atomic>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "cli/run_session.h"
#include "kernels/packed/jpeg_rebuilder.h"

namespace headrace::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// Rebuilt JPEGs are held in memory: no more than this.
constexpr uint64_t kMaxRebuiltBytes = uint64_t{1} << 30;

Status about(const Dataset& dataset, uint64_t sample, const Status& cause) {
  Status status;
  for (const Diagnostic& d : cause.errors()) {
    status.add(d.code, dataset.path(),
               "sample " + std::to_string(sample) + " (" + dataset.key(sample) + ") " + d.message);
  }
  return status;
}

}  // namespace

Expected<std::unique_ptr<BaselineBench>> BaselineBench::create(std::shared_ptr<const Dataset> dataset,
                                                               size_t field, unsigned threads,
                                                               const DecodeLimits& limits) {
  std::unique_ptr<BaselineBench> bench(new BaselineBench);
  bench->dataset_ = std::move(dataset);
  HR_RETURN_IF_ERROR(bench->take_images(field, limits));
  for (unsigned t = 0; t < threads; ++t) bench->decoders_.emplace_back(limits);
  HR_RETURN_IF_ERROR(bench->pass());
  return bench;
}

Status BaselineBench::take_images(size_t field, const DecodeLimits& limits) {
  std::vector<hr_field> fields(dataset_->schema().fields.size());
  JpegRebuilder rebuilder;
  for (uint64_t i = 0; i < dataset_->size(); ++i) {
    HR_RETURN_IF_ERROR(dataset_->read(i, fields));
    const std::span<const uint8_t> stored(fields[field].data, fields[field].size);
    if (fields[field].encoding != HR_ENCODING_PACKED) {
      images_.push_back(stored);
      continue;
    }
    const Expected<RecipeState> state = rebuilder.rebuild(stored, limits);
    if (!state.ok()) return about(*dataset_, i, state.status());
    if (*state == RecipeState::none) {
      return about(*dataset_, i,
                   {"bench.stripped", "", "was stripped when it was written: its JPEG is gone"});
    }
    const std::span<const uint8_t> jpeg = rebuilder.jpeg();
    if (jpeg.size() > kMaxRebuiltBytes - rebuilt_bytes_) return {};  // enough of them
    rebuilt_bytes_ += jpeg.size();
    images_.emplace_back(rebuilt_.emplace_back(jpeg.begin(), jpeg.end()));
  }
  return {};
}

Status BaselineBench::pass() {
  std::atomic<size_t> next = 0;
  std::vector<Status> problems(decoders_.size());
  const auto work = [&](size_t thread) {
    for (size_t i = next.fetch_add(1); i < images_.size(); i = next.fetch_add(1)) {
      const Expected<BaselineDecoder::Image> image = decoders_[thread].decode(images_[i]);
      if (image.ok()) continue;
      problems[thread] = about(*dataset_, i, image.status());
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
    seconds = std::chrono::duration<double>(Clock::now() - start).count();
  } while (seconds < min_seconds);
  return rate_of(images, seconds);
}

}  // namespace headrace::cli
