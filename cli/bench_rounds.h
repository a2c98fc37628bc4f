// What `headrace bench` measures: plain full decoding by libjpeg-turbo, and pipelines over dataset files.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/memory_use.h"
#include "headrace/dataset.h"
#include "headrace/loader.h"
#include "headrace/pipeline.h"
#include "headrace/program.h"
#include "headrace/status.h"
#include "kernels/jpeg_decode.h"

namespace headrace::cli {

/// The images of a dataset by libjpeg-turbo alone, full size, all of them once per pass.
class BaselineBench {
 public:
  /// Takes the images of `field` and decodes each once, so that a damaged one is an error here.
  static Expected<std::unique_ptr<BaselineBench>> create(std::shared_ptr<const Dataset> dataset, size_t field,
                                                         unsigned threads);

  /// Images per second over as many passes as fill `min_seconds`, at least one.
  Expected<double> round(double min_seconds);

 private:
  BaselineBench() = default;
  Status pass();

  std::shared_ptr<const Dataset> dataset_;  ///< keeps the images mapped
  std::vector<std::span<const uint8_t>> images_;
  std::vector<BaselineDecoder> decoders_;  ///< one per thread, buffers kept from pass to pass
};

/// A pipeline over one file.
class PipelineBench {
 public:
  struct Rates {
    double steady = 0;  ///< images per second from the delivery of the first batch to that of the last
    double epoch = 0;   ///< the same from the start of the epoch
  };

  /// Compiles the pipeline and runs it to its first batch, timing both.
  static Expected<std::unique_ptr<PipelineBench>> create(const std::string& spec,
                                                         std::shared_ptr<const Dataset> dataset,
                                                         const CompileOptions& compile,
                                                         const LoaderOptions& loader);

  /// Epochs, after a few batches that fault buffers in, until `min_seconds` are measured, at least one.
  Expected<Rates> round(double min_seconds);

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
