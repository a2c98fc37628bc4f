// One pipeline on every engine, for comparison.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/lower/schedule.h"
#include "headrace/isa.h"
#include "headrace/program.h"
#include "headrace/status.h"
#include "ir/graph.h"
#include "tests/compiler/program_testing.h"
#ifdef HEADRACE_WITH_JIT
#include "tests/compiler/stage_cache.h"
#endif

namespace headrace::testing {

using ProgramPtr = std::shared_ptr<const Program>;

struct NamedProgram {
  std::string name;  ///< engine or level, and its schedule
  ProgramPtr program;
};

/// What a pass that is tagged exact must leave as it was.
struct PassStep {
  std::string pass;
  ProgramPtr before, after;
};

struct Pipeline {
  graph::Graph built, optimised;      ///< before and after all passes
  ProgramPtr unoptimised;             ///< interprets `built`
  ProgramPtr reference;               ///< interprets `optimised`
  std::vector<PassStep> exact_steps;  ///< the exact passes that changed the graph
  std::vector<NamedProgram> engines;
};

/// An engine and the schedule it runs; `isa` is empty for the loop interpreter.
struct EngineChoice {
  std::string isa;
  Schedule schedule;
  std::string name() const {
    return (isa.empty() ? "loop" : isa) + " " + std::to_string(schedule.vector_bits) + " bits, " +
           std::to_string(schedule.strip_rows()) + " rows, unroll " + std::to_string(schedule.unroll) + ", " +
           std::to_string(schedule.idct_columns) + " columns";
  }
};

/// Compiles pipelines. A stage function is compiled once for each stage_key, as the object cache would.
class PipelineMaker {
 public:
  Expected<Pipeline> make(std::string_view spec_json, const std::vector<ProgramField>& fields,
                          const std::vector<EngineChoice>& engines);

#ifdef HEADRACE_WITH_JIT
  size_t compiled() const { return stages_.compiled(); }  ///< stage functions
  size_t reused() const { return stages_.reused(); }
#else
  size_t compiled() const { return 0; }
  size_t reused() const { return 0; }
#endif
  size_t streaming() const { return streaming_; }  ///< lowered stages that store past the caches

 private:
  Expected<ProgramPtr> make_engine(const graph::Graph& graph, const EngineChoice& choice);

#ifdef HEADRACE_WITH_JIT
  StageCache stages_;
#endif
  size_t streaming_ = 0;
};

/// The levels that this CPU runs, of those code can be generated for in this build.
std::vector<std::string> runnable_levels();

/// The value of each idct_scale of a graph for a sample: at which eighths of its size it is decoded.
std::vector<int64_t> scales_of(const graph::Graph& graph, const TestImage& image, const hr_key& key);

/// Runs a sample on the reference and on every engine; "" if all agree, else which differs first and how.
/// `reference` receives the reference's result. With `check_passes` every exact pass is checked too, and in
/// exact numerics the graph before all passes.
std::string compare_engines(const Pipeline& pipeline, const TestImage& image, const hr_key& key,
                            int64_t label, bool check_passes, RunResult& reference);

}  // namespace headrace::testing
