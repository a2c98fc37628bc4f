// One pipeline on every engine, for comparison.
#pragma once

#include <map>
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
#include "compiler/codegen/compile.h"
#endif

namespace headrace::testing {

using ProgramPtr = std::shared_ptr<const Program>;

struct NamedProgram {
  std::string name;  ///< "loop 256", "x86-64-v3 256": engine or level, and vector bits
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
    return (isa.empty() ? "loop" : isa) + " " + std::to_string(schedule.vector_bits);
  }
};

/// Compiles pipelines. A stage function is compiled once for each stage_key, as the object cache would.
class PipelineMaker {
 public:
  PipelineMaker();
  ~PipelineMaker();

  Expected<Pipeline> make(std::string_view spec_json, const std::vector<ProgramField>& fields,
                          const std::vector<EngineChoice>& engines);

  size_t compiled() const { return compiled_; }  ///< stage functions
  size_t reused() const { return reused_; }
  size_t streaming() const { return streaming_; }  ///< lowered stages that store past the caches

 private:
  Expected<ProgramPtr> make_engine(const graph::Graph& graph, const EngineChoice& choice);

#ifdef HEADRACE_WITH_JIT
  std::map<std::string, codegen::Object> objects_;  // by key
#endif
  size_t compiled_ = 0, reused_ = 0, streaming_ = 0;
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
