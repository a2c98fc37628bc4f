// What the compiler made of a pipeline, and where its time goes on given data: for people who tune.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/isa.h"
#include "headrace/limits.h"
#include "headrace/pipeline.h"
#include "headrace/schedule.h"
#include "headrace/status.h"

namespace headrace {

struct ExplainOptions {
  std::optional<Isa> isa;            ///< none: the best level this CPU has
  std::optional<Numerics> numerics;  ///< overrides the spec's
  ScheduleOptions schedule;
  uint64_t samples = 256;  ///< measured in each round; the dataset's first ones
  unsigned rounds = 9;     ///< with and without timers in turn; of each sample the fastest counts
  DecodeLimits limits;
  std::vector<std::string> libraries;  ///< whose functions the spec may call, by path; see CompileOptions
};

/// What a function's time is spent on.
enum class StageKind : uint8_t {
  entropy,  ///< reading what is stored: entropy decoding, or all of libjpeg-turbo
  idct,     ///< coefficients to samples
  resize,   ///< weight tables, columns, the horizontal pass
  store,    ///< what ends a nest: the vertical pass, arithmetic, cast, layout, store
  other     ///< entry points, nests, mixing, functions of the user's
};
std::string_view stage_kind_name(StageKind kind);

/// An operation of the spec, and what the compiler made of it.
struct ExplainedOp {
  std::string pointer;          ///< "/outputs/image/1"
  std::string text;             ///< as the spec has it, on one line
  std::string output;           ///< which output it belongs to
  std::vector<uint32_t> nodes;  ///< values of the optimised graph that compute it, or parts of it
  std::string fate;             ///< in words
};

/// A value of the optimised graph.
struct ExplainedNode {
  std::string op;    ///< "resample"
  std::string text;  ///< its line of the graph
  std::vector<uint32_t> operands;
  std::vector<std::string> origins;  ///< pointers of the ops it comes from
};

/// A loop nest: what runs strip by strip without an image between.
struct ExplainedNest {
  std::string name;             ///< of the output it writes, or "scratch1"
  std::vector<uint32_t> nodes;  ///< in order
  std::vector<std::string> stages;
};

/// Where fusion ends, and why.
struct ExplainedSeam {
  std::string where, why;
  std::string callee = {};  ///< the function outside the pipeline that is called, if that is what ends it
  bool used = true;         ///< by the samples that were measured
};

/// A constant in the code.
struct ExplainedConstant {
  std::string name, value, from;  ///< `from`: the value of the graph that has it, "%4"
};

/// A line of assembly and the line of the loop IR that it comes from; 0: of none.
struct CodeLine {
  int line = 0;
  bool label = false;
  std::string text;
};

/// A function: one of the pipeline's, or one outside it that it calls. Figures are means per sample.
struct ExplainedStage {
  std::string name;
  StageKind kind = StageKind::other;
  std::string what;             ///< in words
  bool generated = true;        ///< else a function that was compiled before
  std::vector<uint32_t> nodes;  ///< values of the graph that it computes, or has a part in
  double calls = 0;
  double ns = 0;                              ///< without what it calls
  double bytes_read = 0, bytes_written = 0;   ///< whole cache lines, each once a call
  double bytes_loaded = 0, bytes_stored = 0;  ///< by its loads and stores
  double vector_ops = 0;                      ///< instructions at the least, by its ops on vectors
  double floor_ns = 0;                        ///< the least time that its operations take; 0: none is known
  std::string floor_by;                ///< which limit: "arithmetic", "first cache", "second cache", "memory"
  int first_line = 0, line_count = 0;  ///< of the loop IR's text; 0: not there
  std::vector<CodeLine> code;
};

/// A part of the scratch memory of a nest, in bytes: of the first sample and the largest.
struct ExplainedMemory {
  std::string nest, part;
  uint64_t first = 0, largest = 0;
};

/// Limits of the processor, as small loops of generated code measured them.
struct ExplainedPeaks {
  double l1_bytes_per_ns = 0, l2_bytes_per_ns = 0,
         memory_bytes_per_ns = 0;  ///< copying, read and written bytes together; memory: streamed stores
  double vector_ops_per_ns = 0;    ///< independent additions
  double clock_ns = 0;             ///< a reading of the clock
};

struct Explanation {
  std::string generator, isa, numerics, cpu, clock;
  int vector_bits = 0;
  std::string data;       ///< the dataset's path
  std::string encodings;  ///< of its images: "packed", "jpeg, rgb"
  uint64_t samples = 0;   ///< measured
  unsigned rounds = 0;
  double coded_bytes = 0;  ///< of a sample's image fields, mean
  double output_bytes = 0;
  double plain_ns = 0;  ///< a sample in the pipeline's code, without timers
  double timed_ns = 0;  ///< with them
  double scratch_bytes = 0, largest_scratch_bytes = 0;
  std::vector<ExplainedOp> ops;
  std::vector<ExplainedNode> nodes;
  std::vector<ExplainedNest> nests;
  std::vector<ExplainedSeam> seams;
  std::vector<ExplainedConstant> constants;
  std::vector<ExplainedStage> stages;
  std::vector<ExplainedMemory> memory;
  ExplainedPeaks peaks;
  std::string loop_text;  ///< of the module: what the lines of stages and code count in
};

/// Compiles a spec for a dataset and measures it there, on one thread. Errors: those of compile(), those of
/// the loader, "explain.empty" (no samples), and "compile.no_jit" if built without code generator.
Expected<Explanation> explain(std::string_view spec_json, std::shared_ptr<const Dataset> dataset,
                              const ExplainOptions& options = {});

/// The same as text for a terminal.
std::string explanation_text(const Explanation& explanation);

/// The same as one HTML page that needs nothing else: no script, font or picture of another file.
std::string explanation_html(const Explanation& explanation, std::string_view title);

}  // namespace headrace
