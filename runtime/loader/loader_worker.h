// What one worker thread needs of its own to run samples: decoder, scratch memory, frames.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/limits.h"
#include "headrace/program.h"
#include "runtime/io/io_engine.h"
#include "runtime/loader/sample_error.h"
#include "runtime/loader/stage_clock.h"
#include "runtime/platform/buffer.h"

namespace headrace {

/// What a worker is to make: the sample, where it stands in the epoch's sequence of its I/O engine, and the
/// key of its random numbers.
struct WorkItem {
  uint64_t sample = 0;
  uint64_t position = IoEngine::kNoPosition;
  hr_key key = {};
};

/// Used by one thread at a time, in an FpEnvironment.
class LoaderWorker {
 public:
  /// What workers of a loader share; all of it outlives them.
  struct Shared {
    const Dataset& dataset;
    const Program& program;
    IoEngine& io;
    std::span<const size_t> field_map;  ///< for each field of the program, its index in the dataset's schema
    const DecodeLimits& limits;
    const platform::TickClock& clock;
  };

  /// `track` may be null. Error: "loader.memory".
  static Expected<std::unique_ptr<LoaderWorker>> create(const Shared& shared, TraceTrack* track);

  /// One sample into outputs()[k], its place in each output's tensor. False if it failed, with `failure` set.
  /// Nothing is thrown.
  bool run(const WorkItem& item, SampleFailure& failure) noexcept;

  /// plan() only: whether the program takes this loader's calls at all.
  hr_result probe(const WorkItem& item, SampleFailure& failure) noexcept;

  std::span<uint8_t*> outputs() { return outputs_; }

  /// Counts what run() does; the caller counts the rest.
  StageClock& clock() { return clock_; }
  const StageClock& clock() const { return clock_; }

  /// Tolerated oddities in the sample that was run last.
  uint64_t warnings() const { return error_.warnings > 0 ? static_cast<uint64_t>(error_.warnings) : 0; }

 private:
  struct DecoderDeleter {
    void operator()(void* decoder) const;
  };

  LoaderWorker(const Shared& shared, std::unique_ptr<void, DecoderDeleter> decoder, TraceTrack* track);
  bool plan(const WorkItem& item, SampleFailure& failure);
  bool plan_and_run(const WorkItem& item, SampleFailure& failure);
  bool grow_scratch(SampleFailure& failure);
  hr_result call_run(const hr_key& key);
  bool program_failed(hr_result result, SampleFailure& failure) const;
  void pick_fields();

  const Dataset& dataset_;
  const Program& program_;
  IoEngine& io_;
  const std::unique_ptr<IoLease> lease_;
  const std::span<const size_t> field_map_;
  const DecodeLimits& limits_;
  const std::unique_ptr<void, DecoderDeleter> decoder_;
  StageClock clock_;
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
