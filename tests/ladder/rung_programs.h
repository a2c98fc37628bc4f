// The programs of a pipeline on each rung of the ladder.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/lower/schedule.h"
#include "headrace/isa.h"
#include "headrace/program.h"
#include "headrace/status.h"
#include "ir/graph.h"
#include "tests/compiler/stage_cache.h"
#include "tests/ladder/tamper.h"

namespace headrace::ladder {

using ProgramPtr = std::shared_ptr<const Program>;

/// How one pipeline is run on the rungs. A function of the case's variation.
struct Choices {
  Schedule loop;  ///< of the loop interpreter
  struct Level {
    Isa isa = Isa::x86_64_v3;
    Schedule schedule;
    std::string name() const;  ///< "x86-64-v4 512"
  };
  std::vector<Level> levels;     ///< those this CPU runs
  size_t plain = 0, cached = 0;  ///< the levels without optimisation and from the cache
};
Choices choose(uint64_t variation);

/// "256", and what else is not as usual: "256 strip 8 unroll 2"
std::string schedule_name(const Schedule& schedule);

/// Makes programs of one optimised graph, which call the functions of the tests' library. A folder holds the
/// files that are made on the way.
class RungPrograms {
 public:
  RungPrograms(testing::StageCache& cache, const Tamper& tamper, const graph::Graph& graph,
               const Choices& choices, std::string folder)
      : cache_(cache), tamper_(tamper), graph_(graph), choices_(choices), folder_(std::move(folder)) {}

  /// Interprets the loop IR.
  Expected<ProgramPtr> loop(const std::string& rung) const;
  /// Code linked in memory.
  Expected<ProgramPtr> code(const std::string& rung, const Choices::Level& level,
                            codegen::Effort effort) const;
  /// Code that went through the object cache: stored by one, found, checked and mapped by another.
  Expected<ProgramPtr> cached(const std::string& rung, const Choices::Level& level) const;
  /// Writes a shared object with all levels, loads one of them. The name of the rung of level i is
  /// `rungs[i]`.
  Status write_object(const std::vector<std::string>& rungs) const;
  Expected<ProgramPtr> aot(const std::string& rung, const Choices::Level& level) const;

 private:
  void tamper(const std::string& rung, loop::Module& module) const;
  ProgramPtr tampered(const std::string& rung, ProgramPtr program) const;
  Expected<ProgramPtr> finished(const std::string& rung, ProgramPtr program) const;

  testing::StageCache& cache_;
  const Tamper& tamper_;
  const graph::Graph& graph_;
  const Choices& choices_;
  std::string folder_;
};

}  // namespace headrace::ladder
