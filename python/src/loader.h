// The loader as Python sees it.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <mutex>

#include "headrace/loader.h"
#include "headrace/program.h"

namespace headrace::python {

/// The C++ loader is for one thread at a time; this makes Python threads take turns. Its calls are made
/// without the GIL, so that the lock may be waited for.
class NativeLoader {
 public:
  NativeLoader(std::shared_ptr<const Dataset> dataset, std::shared_ptr<const Program> program,
               const LoaderOptions& options);

  uint64_t batches_per_epoch() const { return batches_per_epoch_; }
  uint64_t samples_per_epoch() const { return samples_per_epoch_; }
  unsigned threads() const { return threads_; }

  void start_epoch(uint64_t epoch);
  Expected<Batch> next(bool& interrupted);
  LoaderState state();
  void resume(const LoaderState& state);
  std::vector<SampleReport> take_reports();
  LoaderStats stats();
  void write_trace(const std::string& path);
  void close();
  bool closed();

  const std::shared_ptr<const Program>& program() const { return program_; }
  const std::shared_ptr<const Dataset>& dataset() const { return dataset_; }

 private:
  template <class F>
  auto locked(F&& use);
  bool forked() const;

  const std::shared_ptr<const Dataset> dataset_;
  const std::shared_ptr<const Program> program_;
  const int owner_process_;
  std::mutex mutex_;
  std::unique_ptr<Loader> loader_;  // null once closed
  uint64_t batches_per_epoch_ = 0, samples_per_epoch_ = 0;
  unsigned threads_ = 0;
};

void bind_loader(nanobind::module_& m);
void bind_loader_options(nanobind::module_& m);

}  // namespace headrace::python
