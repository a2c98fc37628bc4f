// The line that shows how far a run is, how fast, and what keeps it from being faster.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>

#include "headrace/loader.h"
#include "runtime/loader/limit.h"
#include "runtime/loader/progress.h"

namespace headrace::cli {

/// What the line says.
struct ProgressFacts {
  uint64_t epoch = 0;
  uint64_t done = 0, batches = 0;          ///< of the epoch
  uint64_t run_done = 0, run_batches = 0;  ///< of the run
  double images_per_second = 0, bytes_per_second = 0;
  double seconds_left = -1;  ///< of the run; negative: not known
  Limit limit = Limit::unknown;
};

/// "[====>     ] 43 % epoch 3: 1,234 of 5,004 batches, 6,910 images/s, 1.04 GB/s read, ETA 2 min 05 s,
/// decode-bound". What matters least is left out if there are fewer columns; without `bar` it starts with the
/// percentage.
std::string progress_text(const ProgressFacts& facts, size_t columns, bool bar = true);

/// Shows the line of a run over some epochs. Rates are those of the last ten seconds.
class RunProgress {
 public:
  using Clock = ProgressLine::Clock;

  struct Plan {
    uint64_t batches_per_epoch = 0;
    uint64_t begin = 0, end = 0;  ///< batches, counted from epoch 0, that the run goes from and to
    unsigned threads = 1;
  };

  RunProgress(std::FILE* out, const Plan& plan) : RunProgress(out, ProgressLine::style_for(out), plan) {}
  RunProgress(std::FILE* out, ProgressLine::Style style, const Plan& plan,
              Clock::time_point now = Clock::now());

  /// Whether show() would write now. Callers test it before they ask the loader for its statistics.
  bool due(Clock::time_point now = Clock::now()) const { return line_.due(now); }

  /// After `done` batches of `epoch`, counted from the epoch's first.
  void show(uint64_t epoch, uint64_t done, const LoaderStats& stats, Clock::time_point now = Clock::now());

  void clear() { line_.clear(); }

 private:
  struct Look {
    Clock::time_point when;
    uint64_t done = 0;  ///< batches of the run
    LoaderStats stats;
  };

  ProgressLine line_;
  const bool bar_;
  const Plan plan_;
  std::deque<Look> looks_;  ///< the first one is what rates are counted from
};

}  // namespace headrace::cli
