// What a run has done so far, in memory that worker processes share.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/ladder/ladder.h"

namespace headrace::ladder {

inline constexpr std::array<std::string_view, 8> kRungKinds = {"pass", "without", "loop", "O0",
                                                               "O2",   "cached",  "aot",  "loader"};
inline constexpr std::array<std::string_view, 4> kEncodingKinds = {"jpeg", "rgb", "packed", "ycc"};

struct Tally {
  std::atomic<uint64_t> next{0};  ///< number of the next pipeline
  std::atomic<uint64_t> done{0}, failures{0};
  std::atomic<uint64_t> refused{0}, refused_by_functions{0};  ///< samples
  std::atomic<uint64_t> calling{0}, calls{0};  ///< pipelines that call functions; calls in them
  std::array<std::atomic<uint64_t>, kRungKinds.size()> runs{}, microseconds{};
  std::array<std::atomic<uint64_t>, kEncodingKinds.size()> kinds{};

  void add(const Climb& climb);

  /// "samples: jpeg 31, rgb 40, packed 22, ycc 18, refused 6 (1 by functions); pipelines that call functions:
  /// 9 (14 calls); runs: pass 512, ..."
  std::string text() const;
  /// "pass 4.1 s, loop 0.2 s, ...", summed over processes.
  std::string times() const;
};

/// What a worker is doing, for the case that it dies of it.
struct WorkerState {
  std::atomic<uint64_t> number{UINT64_MAX};  ///< of its pipeline
  std::array<char, 64> rung{};
};

}  // namespace headrace::ladder
