// What instrumented code reports while it runs. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/platform/tick_clock.h"

namespace headrace::explaining {

/// Time by function, each without what it calls. Every tick from enter() to the matching leave() of the
/// outermost function goes to exactly one function.
class StageClock {
 public:
  StageClock(size_t functions, const platform::TickClock& clock)
      : now_(clock.source()), ticks_(functions), calls_(functions) {}

  void enter(size_t function) {
    const uint64_t now = now_();
    if (depth_ > 0) ticks_[open_[depth_ - 1]] += now - since_;
    open_[depth_++] = function;
    ++calls_[function];
    since_ = now;
  }
  void leave() {
    const uint64_t now = now_();
    ticks_[open_[--depth_]] += now - since_;
    since_ = now;
  }

  const std::vector<uint64_t>& all_ticks() const { return ticks_; }
  const std::vector<uint64_t>& all_calls() const { return calls_; }
  void clear();

 private:
  static constexpr size_t kMaxDepth = 16;  // calls of the loop IR cannot recurse; nests are three deep

  platform::TickClock::Source now_;
  std::vector<uint64_t> ticks_, calls_;
  size_t open_[kMaxDepth] = {}, depth_ = 0;
  uint64_t since_ = 0;
};

/// What one function did with memory and arithmetic, summed over its calls.
struct Work {
  uint64_t calls = 0;
  uint64_t loaded = 0, stored = 0;             ///< bytes, by the loop IR's loads and stores
  uint64_t lines_read = 0, lines_written = 0;  ///< cache lines, each counted once a call
  uint64_t lines_streamed = 0;                 ///< of lines_written: stored past the caches
  uint64_t vector_ops = 0;                     ///< ops on vectors, as many as they take registers
};

/// Counts Work, by function; as StageClock, each without what it calls.
class WorkCounter {
 public:
  enum Access : int64_t { kRead = 0, kWrite = 1, kStream = 2 };

  explicit WorkCounter(size_t functions);

  void enter(size_t function);
  void leave() { --depth_; }
  /// `ops` of a block that is run once.
  void block(uint64_t ops) { work_[open_[depth_ - 1]].vector_ops += ops; }
  void access(uint64_t address, uint64_t bytes, int64_t how);
  /// Memory that a function outside the module has read or written, `function` being its own number.
  void foreign(size_t function, uint64_t address, uint64_t bytes, int64_t how);

  const Work& work(size_t function) const { return work_[function]; }

 private:
  static constexpr size_t kMaxDepth = 16;
  static constexpr size_t kSlots = size_t{1}
                                   << 18;  // cache lines one call may touch: 16 MiB, more share their slots
  static constexpr uint64_t kLine = 64;

  // A line that was touched by a call, and how: bit 0 read, bit 1 written.
  struct Slot {
    uint64_t line = 0, call = 0;
    uint8_t how = 0;
  };
  void touch(Work& work, uint64_t line, uint64_t call, int64_t how);

  std::vector<Work> work_;
  std::vector<Slot> slots_;
  size_t open_[kMaxDepth] = {}, depth_ = 0;
  uint64_t call_[kMaxDepth] = {}, calls_ = 0;
};

}  // namespace headrace::explaining

// What instrumented code calls; the first argument is the address of the recorder. All return 0.
extern "C" {
int32_t hr_explain_enter(int64_t clock, int64_t function);
int32_t hr_explain_leave(int64_t clock);
int32_t hr_explain_call(int64_t counter, int64_t function);
int32_t hr_explain_return(int64_t counter);
int32_t hr_explain_block(int64_t counter, int64_t ops);
int32_t hr_explain_access(int64_t counter, int64_t address, int64_t bytes, int64_t how);
int32_t hr_explain_rows(int64_t counter, int64_t function, const uint8_t* dst, int64_t stride, int64_t rows);
}
