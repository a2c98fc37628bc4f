// What `headrace bench` measures: pipelines over dataset files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cli/memory_use.h"
#include "headrace/dataset.h"
#include "headrace/loader.h"
#include "headrace/pipeline.h"
#include "headrace/program.h"
#include "headrace/status.h"

namespace headrace::cli {

/// A pipeline over one file.
class PipelineBench {
 public:
  struct Rates {
    double steady = 0;  ///< images per second from the delivery of the first batch to that of the last
    double epoch = 0;   ///< the same from the start of the epoch
    double cpu = 0;     ///< images per second of processor time, that of all threads added up
  };

  /// Compiles the pipeline and runs it to its first batch, timing both.
  static Expected<std::unique_ptr<PipelineBench>> create(const std::string& spec,
                                                         std::shared_ptr<const Dataset> dataset,
                                                         const CompileOptions& compile,
                                                         const LoaderOptions& loader);

  /// Epochs, after a few batches that fault buffers in, until `min_seconds` are measured, at least one.
  Expected<Rates> round(double min_seconds);

  /// Memory that is none of the pipeline's.
  void leave_out(uint64_t bytes) { memory_.leave_out(bytes); }

  const ProgramInfo& info() const { return program_->info(); }
  double compile_seconds() const { return compile_seconds_; }
  double first_batch_seconds() const { return first_batch_seconds_; }  ///< from the start of compilation
  uint64_t peak_memory() const { return memory_.bytes(); }             ///< anonymous and shared, in bytes

 private:
  PipelineBench() = default;
  Status start_up(const std::string& spec, const CompileOptions& compile);

  std::shared_ptr<const Dataset> dataset_;
  std::shared_ptr<const Program> program_;
  LoaderOptions options_;
  double compile_seconds_ = 0, first_batch_seconds_ = 0;
  PeakMemory memory_;
  uint64_t epoch_ = 0;
};

}  // namespace headrace::cli
