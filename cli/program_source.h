// `--engine aot --object PATH`: running an object instead of compiling.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "headrace/loader.h"
#include "headrace/pipeline.h"
#include "headrace/program.h"
#include "headrace/status.h"

namespace CLI {
class App;
class Option;
}

namespace headrace::cli {

/// What a command runs: a spec, compiled by an engine, or an object. An object says what its spec was, so that the
/// spec need not be named.
struct ProgramSource {
  std::string spec, file;  ///< the spec's file, and the dataset's
  std::string object;
  CompileOptions options;

  std::string schedule_file;
  std::string debug_file;  ///< where the loop IR goes, which debuggers then step through

  /// Adds SPEC, FILE, --engine, --object, --isa, --numerics, --schedule, --disable, --debug and --library.
  void declare(CLI::App& app);

  /// After parsing: of one name, which it is. Throws a CLI error if something is missing or does not go together.
  void resolve();

  /// The spec's text: of its file; without one, of the object, which may be a graph instead. Errors: those of reading
  /// either, and "object.spec" (the object was made from another spec, or from a graph).
  Expected<std::string> spec_text() const;

  /// The text's loader settings over the library's defaults; a graph has none.
  Expected<LoaderOptions> loader_settings(const std::string& text) const;

  /// Compiles the text, or loads the object. Where memory may not be made executable and no engine was asked for, says so
  /// and takes the loop interpreter.
  Expected<std::shared_ptr<const Program>> program(const std::string& text, const Dataset& dataset) const;

 private:
  Status debug(const std::string& text, const Dataset& dataset, CompileOptions& chosen) const;

  const CLI::Option* engine_ = nullptr;
};

}  // namespace headrace::cli
