// What the subcommands share: how they are declared and run, how they end, and how they speak.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "headrace/status.h"

namespace CLI {
class App;
}

namespace headrace::cli {

enum ExitCode : int {
  kOk = 0,
  kError = 1,         ///< a message on stderr says what went wrong
  kUsage = 2,         ///< the command line itself is wrong
  kInterrupted = 130  ///< stopped by SIGINT or SIGTERM, as shells count it
};

/// A subcommand. Its options are bound to the object's members, so it outlives the parser.
class Command {
 public:
  virtual ~Command() = default;

  /// Adds the subcommand with its options and returns it.
  virtual CLI::App* declare(CLI::App& parent) = 0;

  /// Runs it after its options were parsed. Throws CLI::ValidationError for options that contradict one
  /// another, before anything was done.
  virtual ExitCode run() = 0;
};

std::unique_ptr<Command> make_write();
std::unique_ptr<Command> make_info();
std::unique_ptr<Command> make_export();
std::unique_ptr<Command> make_compile();
std::unique_ptr<Command> make_order();
std::unique_ptr<Command> make_run();
std::unique_ptr<Command> make_view();
std::unique_ptr<Command> make_bench();
std::unique_ptr<Command> make_tune();
std::unique_ptr<Command> make_cache();
std::unique_ptr<Command> make_explain();
std::unique_ptr<Command> make_ops();
std::unique_ptr<Command> make_doctor();

/// All of the `headrace` command: parses the command line, runs the subcommand, returns the process's exit
/// code. Signal handlers, standard output and standard error are the command's for as long.
int run_command_line(int argc, char** argv);

/// Prints every error on a line of its own to stderr; control characters in them are escaped.
ExitCode fail(const Status& status);

/// Prints "warning: ..." to stderr.
void warn(const std::string& message);

/// Writes text to stdout as it is.
void print(const std::string& text);

/// Flushes stdout; an error if not all of it could be written.
Status finish_output();

/// "1 image", "2 images", "1,000 classes".
std::string plural(uint64_t n, const std::string& noun);

/// Up to `limit` of the names, then "and N more".
std::string join_some(const std::vector<std::string>& names, size_t limit);

}  // namespace headrace::cli
