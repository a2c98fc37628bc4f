// The `headrace` command: parses the command line and hands over to a subcommand.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "headrace/pipeline.h"

namespace headrace::cli {
namespace {

std::string version_text() {
  const std::string generator = code_generator();
  return "headrace " HEADRACE_VERSION " (" + (generator.empty() ? "no code generator" : generator) + ")";
}

ExitCode usage_error(const CLI::App& app, const std::string& message) {
  const std::string name = app.get_parent() == nullptr ? "headrace" : "headrace " + app.get_name();
  std::fprintf(stderr, "%s: %s\nSee `%s --help`.\n", name.c_str(), message.c_str(), name.c_str());
  return kUsage;
}

/// CLI11's words, but for the number of values, which it counts in a way that only it understands.
std::string message_of(const CLI::ParseError& e) {
  std::string text = e.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&e) == nullptr) return text;
  return text.substr(0, text.find(':')) + " takes one value, and is given once";
}

using Subcommands = std::vector<std::pair<CLI::App*, Command*>>;

/// What is wrong with the first word after `headrace`, if it is neither a subcommand nor an option.
std::string wrong_first_word(const std::string& word, const Subcommands& subcommands) {
  std::string names;
  for (const auto& [subcommand, command] : subcommands) {
    if (subcommand->get_name() == word) return "";
    names += (names.empty() ? "" : ", ") + subcommand->get_name();
  }
  if (word.empty()) return "a subcommand is required: " + names;
  for (const char* option : {"-h", "--help", "--version"}) {
    if (word == option) return "";
  }
  if (word.front() != '-') return "there is no subcommand \"" + word + "\"; there are " + names;
  return "there is no option \"" + word + "\" before a subcommand; there are --help and --version";
}

ExitCode run_command(const CLI::App& app, Command& command) {
  try {
    const ExitCode code = command.run();
    if (code != kOk) return code;
    if (const Status output = finish_output(); !output.ok()) return fail(output);
    return kOk;
  } catch (const CLI::ParseError& e) {
    return usage_error(app, e.what());
  } catch (const std::bad_alloc&) {
    return fail(Status("cli.memory", "", "out of memory"));
  } catch (const std::exception& e) {
    return fail(Status("internal", "", e.what()));
  }
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app("Compiles training-data pipelines and runs them", "headrace");
  app.footer(
      "Example:\n"
      "  headrace write photos/ -o photos.hrd\n"
      "  headrace run examples/imagenet_train.json photos.hrd --epochs 2\n\n"
      "`headrace SUBCOMMAND --help` says more.");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.fallthrough(false);

  std::array commands = {make_write(), make_info(), make_export(), make_compile(), make_order(), make_run(),
                         make_view(),  make_bench(), make_tune(), make_cache(),  make_explain(), make_ops(),
                         make_doctor()};
  Subcommands subcommands;
  for (const std::unique_ptr<Command>& command : commands) {
    subcommands.emplace_back(command->declare(app), command.get());
  }

  if (const std::string wrong = wrong_first_word(argc > 1 ? argv[1] : "", subcommands); !wrong.empty()) {
    return usage_error(app, wrong);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    const int code = app.exit(e);  // --help, --version
    const Status output = finish_output();
    return output.ok() ? code : fail(output);
  } catch (const CLI::ParseError& e) {
    const std::vector<CLI::App*> named = app.get_subcommands();
    return usage_error(named.empty() ? app : *named.front(), message_of(e));
  }
  for (const auto& [subcommand, command] : subcommands) {
    if (subcommand->parsed()) return run_command(*subcommand, *command);
  }
  return usage_error(app, "a subcommand is required");
}

}  // namespace headrace::cli
