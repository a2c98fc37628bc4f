// The same calls, round after round, and of each the round in which it was disturbed least.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/explain/recorder.h"

namespace headrace::explaining {

/// Calls of entry points are told apart by the entry's name and their number within the round: the loader
/// makes them in the same order each time.
class BestCalls {
 public:
  void begin_round() { next_.clear(); }

  /// A call that took `ticks`; `stages` says how they divide, if anyone asked.
  void add(const std::string& entry, uint64_t ticks, const StageClock* stages = nullptr);

  uint64_t ticks() const;                        ///< of all calls
  size_t calls(const std::string& entry) const;  ///< in a round
  /// By function, of all calls: ticks, and how often it was called.
  std::vector<uint64_t> stage_ticks(size_t functions) const;
  std::vector<uint64_t> stage_calls(size_t functions) const;

 private:
  struct Call {
    uint64_t ticks = UINT64_MAX;
    std::vector<uint64_t> stage_ticks, stage_calls;
  };
  std::map<std::string, std::vector<Call>> calls_;
  std::map<std::string, size_t> next_;
};

}  // namespace headrace::explaining
