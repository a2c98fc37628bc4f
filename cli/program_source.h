// `--engine aot --object PATH`: running an object instead of compiling.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "headrace/pipeline.h"
#include "headrace/program.h"
#include "headrace/status.h"

namespace CLI {
class App;
}

namespace headrace::cli {

/// What a command runs: a spec, compiled by an engine, or an object. An object says what its spec was, so that the
/// spec need not be named.
struct ProgramSource {
  std::string spec, file;  ///< the spec's file, and the dataset's
  std::string object;
  CompileOptions options;

  /// Adds SPEC, FILE, --engine, --object, --isa and --numerics.
  void declare(CLI::App& app);

  /// After parsing: of one name, which it is. Throws a CLI error if something is missing or does not go together.
  void resolve();

  /// The spec's text: of its file; without one, of the object. Errors: those of reading either, and "object.spec" (the
  /// object was made from another spec).
  Expected<std::string> spec_text() const;

  /// Compiles the text, or loads the object.
  Expected<std::shared_ptr<const Program>> program(const std::string& text, const Dataset& dataset) const;
};

}  // namespace headrace::cli
