// The differential ladder: every way to run a pipeline gives the same bytes and the same errors. Rungs, from
// the meaning of a pipeline to what users run:
//
//   pass NAME            graph interpreter, before and after a pass that is tagged exact
//   without NAME         with one exact pass left out (exact numerics only): graph interpreter, and loop
//   interpreter
//                        if what is left can be lowered
//   loop WIDTH           loop interpreter, and from here on all are compared with the graph interpreter of
//   the
//                        optimised graph
//   O0 LEVEL WIDTH       generated code without optimisation, of one level
//   O2 LEVEL WIDTH       generated code, of each level this CPU runs
//   cached LEVEL WIDTH   code that went through the object cache, of one level
//   aot LEVEL WIDTH      a shared object with all levels, each of them loaded
//   loader N             1, 2 and 4 threads of the loader on a dataset file, with one of the programs above
//
// Pipelines that call functions get those of the tests' library on every rung, as a user names his own.
// On the rungs from "loop" on also batches are mixed. All buffers but the loader's lie between pages that
// cannot be touched.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>

#include "headrace/status.h"
#include "tests/compiler/stage_cache.h"
#include "tests/ladder/ladder_case.h"
#include "tests/ladder/tamper.h"

namespace headrace::ladder {

/// What a climb has found and done.
struct Climb {
  std::optional<Failure> failure;         ///< of the first rung that differs
  std::map<std::string, uint64_t> runs;   ///< samples by rung, without numbers and names: "pass", "O2", ...
  std::map<std::string, uint64_t> kinds;  ///< samples that ran without an error, by encoding
  uint64_t refused = 0;                   ///< samples that failed, on every rung alike
  uint64_t refused_by_functions = 0;      ///< those of them that a function of the library refused
  uint64_t calls = 0;                     ///< of functions, in the pipeline as it is written
  std::map<std::string, uint64_t> microseconds;  ///< that rungs took, their programs made included
};

class Ladder {
 public:
  explicit Ladder(Tamper tamper = {}) : tamper_(std::move(tamper)) {}

  /// Climbs, or tries the one rung that is named. An error means that the case cannot be run at all: its spec
  /// is refused, or a rung's program cannot be made, which the text names.
  Expected<Climb> climb(const LadderCase& c, const std::string& only = "");

  /// Called with the name of each rung before it is tried.
  std::function<void(const std::string& rung)> on_rung;

 private:
  Tamper tamper_;
  testing::StageCache cache_;
};

}  // namespace headrace::ladder
