// Adds up how long something took, by a clock that is given from outside; without one it costs a comparison.
#pragma once

#include <cstdint>

namespace headrace {

/// For one thread at a time.
class Stopwatch {
 public:
  using Clock = uint64_t (*)();

  /// Counts from now on by `clock`; not at all if it is null.
  void set_clock(Clock clock) { clock_ = clock; }

  uint64_t ticks() const { return ticks_; }  ///< counted so far

  /// Counts while it lives. Lives of one stopwatch's scopes must not overlap.
  class Scope {
   public:
    explicit Scope(Stopwatch& watch) : watch_(watch), begin_(watch.clock_ != nullptr ? watch.clock_() : 0) {}
    ~Scope() {
      if (watch_.clock_ != nullptr) watch_.ticks_ += watch_.clock_() - begin_;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Stopwatch& watch_;
    const uint64_t begin_;
  };

 private:
  Clock clock_ = nullptr;
  uint64_t ticks_ = 0;
};

}  // namespace headrace
