// What one worker thread needs of its own to run samples: decoder, scratch memory, frames.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/program.h"
#include "runtime/loader/sample_error.h"
#include "runtime/platform/buffer.h"

namespace headrace {

/// Used by one thread at a time, in an FpEnvironment.
class LoaderWorker {
 public:
  /// For each field of the program, `field_map` has its index in the dataset's schema. All arguments must
  /// outlive the worker. Error: "loader.memory".
  static Expected<std::unique_ptr<LoaderWorker>> create(const Dataset& dataset, const Program& program,
                                                        std::span<const size_t> field_map);

  /// One sample into outputs()[k], its place in each output's tensor. False if it failed, with `failure` set.
  /// Nothing is thrown.
  bool run(const hr_key& key, SampleFailure& failure) noexcept;

  /// plan() only: whether the program takes this loader's calls at all.
  hr_result probe(const hr_key& key, SampleFailure& failure) noexcept;

  std::span<uint8_t*> outputs() { return outputs_; }

  /// Tolerated oddities in the sample that was run last.
  uint64_t warnings() const { return error_.warnings > 0 ? static_cast<uint64_t>(error_.warnings) : 0; }

 private:
  struct DecoderDeleter {
    void operator()(void* decoder) const;
  };

  LoaderWorker(const Dataset& dataset, const Program& program, std::span<const size_t> field_map);
  bool plan(const hr_key& key, SampleFailure& failure);
  bool plan_and_run(const hr_key& key, SampleFailure& failure);
  bool program_failed(hr_result result, SampleFailure& failure) const;
  void pick_fields();

  const Dataset& dataset_;
  const Program& program_;
  const std::span<const size_t> field_map_;
  std::unique_ptr<void, DecoderDeleter> decoder_;
  platform::Buffer scratch_;
  uint64_t scratch_bytes_ = 0;     // what plan() asked for
  std::vector<hr_field> in_file_;  // in the schema's order
  std::vector<hr_field> fields_;   // in the program's order
  std::vector<int64_t> slots_;
  std::vector<hr_byte_range> ranges_;
  std::vector<uint8_t*> outputs_;
  hr_error error_ = {};
};

}  // namespace headrace
