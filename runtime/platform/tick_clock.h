// The cheapest clock of the machine, for measuring pieces of work of microseconds.
#pragma once

#include <atomic>
#include <cstdint>

namespace headrace::platform {

/// Counts ticks of a fixed length: the processor's own counter (x86-64: the time stamp counter where it is
/// invariant and the kernel has not found it unstable; arm64: the virtual counter), else
/// std::chrono::steady_clock. Any thread.
class TickClock {
 public:
  using Source = uint64_t (*)();

  TickClock();

  /// Any other clock; its ticks are so long.
  TickClock(const char* called, Source read, double tick_ns)
      : source_(read), name_(called), ns_per_tick_(tick_ns) {}

  TickClock(const TickClock&) = delete;
  TickClock& operator=(const TickClock&) = delete;

  uint64_t now() const { return source_(); }

  /// What now() calls, for code that knows only a function.
  Source source() const { return source_; }

  /// "tsc", "cntvct", "steady_clock" or the name given.
  const char* name() const { return name_; }

  /// Length of so many ticks. The time stamp counter's rate is measured against steady_clock from
  /// construction to the first call, which waits until that is a millisecond; it does not change after that,
  /// so that totals never shrink.
  uint64_t nanoseconds(uint64_t ticks) const;

 private:
  double ns_per_tick() const;

  Source source_;
  const char* name_;
  uint64_t begin_ticks_ = 0, begin_ns_ = 0;
  mutable std::atomic<double> ns_per_tick_ = 0;  // 0: not measured yet
};

}  // namespace headrace::platform
