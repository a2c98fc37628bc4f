// Where a worker's time goes: each moment belongs to one stage. Totals for the statistics, and spans where a
// trace is kept.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "headrace/loader.h"
#include "runtime/loader/trace.h"
#include "runtime/platform/tick_clock.h"

namespace headrace {

/// What a worker's time is counted as.
enum class WorkStage : uint8_t {
  overhead,     ///< of the loader itself
  plan,         ///< the pipeline's plan(): code
  io_wait,      ///< acquiring the sample's data
  run,          ///< the pipeline's run(): entropy decoding and code, by what the decoder counted
  mix,          ///< the pipeline's batch(): code
  buffer_wait,  ///< for a free batch buffer
};

/// Written by one thread; add_to() may be called by any. One reading of the clock per call.
class StageClock {
 public:
  /// `decoder` is the worker's hr_decoder, which is made to count by this clock; `track` may be null. All
  /// outlive it.
  StageClock(const platform::TickClock& clock, void* decoder, TraceTrack* track);

  /// The time since the last call belongs to no stage: there was no epoch to work on.
  void restart() { last_ = clock_.now(); }

  /// The time since the last call went into `stage`.
  void lap(WorkStage stage) noexcept;

  /// A sample begins where the last lap ended.
  void begin_sample(const TracePlace& place) noexcept;

  /// It ends now, made or not; what was left is overhead.
  void end_sample() noexcept;

  void add_to(LoaderStats& stats) const;

 private:
  enum Total : uint8_t { kOverhead, kIoWait, kEntropy, kCode, kBufferWait, kTotals };

  void add(Total total, uint64_t ticks) {  // nobody else writes
    totals_[total].store(totals_[total].load(std::memory_order_relaxed) + ticks, std::memory_order_relaxed);
  }
  void lap_run(uint64_t begin, uint64_t end) noexcept;

  const platform::TickClock& clock_;
  void* const decoder_;
  TraceTrack* const track_;
  uint64_t last_ = 0, sample_begin_ = 0, decoder_ticks_ = 0;
  TracePlace place_;
  alignas(64) std::array<std::atomic<uint64_t>, kTotals> totals_{};
};

}  // namespace headrace
