// What each thread of a loader did and when: kept in memory while it runs, written as a file for trace
// viewers (Perfetto, chrome://tracing).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "headrace/status.h"
#include "runtime/platform/buffer.h"
#include "runtime/platform/tick_clock.h"

namespace headrace {

/// What a thread was doing.
enum class SpanKind : uint8_t {
  sample,         ///< everything for one sample; those up to `code` lie inside
  plan,           ///< the pipeline's plan()
  io_wait,        ///< waiting for the sample's data
  entropy,        ///< in run(): entropy decoding and libjpeg-turbo, summed
  code,           ///< in run(): the rest of the pipeline's code, summed
  mix,            ///< the pipeline's batch()
  buffer_wait,    ///< waiting for a free batch buffer
  consumer_wait,  ///< next() waiting for a batch
  delivered       ///< next() gave a batch out: a moment, `end` is not used
};

/// A number that changes over time.
enum class TraceCounter : uint8_t { batches_ready, bytes_read };

/// What a span is about. Kinds that are about no sample, or no batch, do not show it.
struct TracePlace {
  uint64_t epoch = 0;  ///< below 2^48
  uint64_t batch = 0;  ///< number of the global batch in the epoch
  uint64_t sample = 0;
};

/// A span, or a counter's value from a moment on. Times are ticks.
struct TraceEvent {
  uint64_t begin = 0, end = 0;
  SpanKind kind = SpanKind::sample;
  TracePlace place;

  bool is_counter = false;  ///< then only these and `begin` are set
  TraceCounter counter = TraceCounter::batches_ready;
  uint64_t value = 0;
};

/// One thread's events. One thread writes them; any may look. Where memory does not suffice for all, the last
/// ones are kept.
class TraceTrack {
 public:
  /// `memory` is zeros (as atomic words are when they begin) and has room for two events at least.
  TraceTrack(std::string name, platform::Buffer memory);

  static constexpr size_t kEventBytes = 40;

  /// A few ns. Times are ticks of the recorder's clock, end >= begin.
  void span(SpanKind kind, uint64_t begin, uint64_t end, const TracePlace& place) noexcept {
    put(begin, end, static_cast<uint64_t>(kind) << kKindShift | place.epoch, place.batch, place.sample);
  }
  void counter(TraceCounter counter, uint64_t at, uint64_t value) noexcept {
    put(at, value, (kFirstCounter + static_cast<uint64_t>(counter)) << kKindShift, 0, 0);
  }

  const std::string& name() const { return name_; }
  std::vector<TraceEvent> events() const;      ///< in the order in which they were put in
  uint64_t capacity() const { return kept_; }  ///< events that are kept
  uint64_t lost() const;                       ///< overwritten by later ones

 private:
  using Word = std::atomic<uint64_t>;

  static constexpr int kKindShift = 48;
  static constexpr uint64_t kFirstCounter = 128;
  static constexpr size_t kWords = kEventBytes / sizeof(Word);

  /// events() may look at any time. It leaves out what was overwritten meanwhile, which it knows from
  /// written_: stores into an event come after that of written_ before it, and release keeps them there.
  void put(uint64_t begin, uint64_t end, uint64_t what, uint64_t batch, uint64_t sample) noexcept {
    const uint64_t n = written_.load(std::memory_order_relaxed);
    Word* const event = words_ + n % capacity_ * kWords;
    event[0].store(begin, std::memory_order_release);
    event[1].store(end, std::memory_order_release);
    event[2].store(what, std::memory_order_release);
    event[3].store(batch, std::memory_order_release);
    event[4].store(sample, std::memory_order_release);
    written_.store(n + 1, std::memory_order_release);
  }

  const std::string name_;
  const platform::Buffer memory_;
  Word* const words_;
  const uint64_t capacity_;  // events there is room for
  const uint64_t kept_;      // one may be half written
  alignas(64) Word written_ = 0;
};

struct TraceOptions {
  std::string process_name = "headrace";
  uint64_t rank = 0;    ///< keeps the processes of traces that are put together apart
  unsigned tracks = 1;  ///< that share the memory
  uint64_t memory_bytes = 64u << 20;
};

/// The tracks of a loader.
class TraceRecorder {
 public:
  /// The trace's time 0 is now. `clock` outlives the recorder.
  TraceRecorder(const platform::TickClock& clock, const TraceOptions& options);

  /// A new track, which lives as long as the recorder; viewers show them in the order in which they were
  /// made. Physical memory is taken as events come. Error: "loader.memory".
  Expected<TraceTrack*> track(std::string name);

  uint64_t lost() const;  ///< events, of all tracks

  /// Writes what is there as JSON in the Trace Event Format, all or nothing, replacing the file of an earlier
  /// run. Any thread, also while the tracks are written to. Errors: "data.io", "loader.memory".
  Status write(const std::string& path) const;

 private:
  std::vector<const TraceTrack*> tracks() const;

  const platform::TickClock& clock_;
  const TraceOptions options_;
  const uint64_t begin_;
  const int64_t unix_begin_ms_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<TraceTrack>> tracks_;
};

}  // namespace headrace
