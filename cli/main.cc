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

int main(int argc, char** argv) {
  CLI::App app("Compiles training-data pipelines and runs them", "headrace");
  app.footer(
      "\nExample:\n"
      "  headrace write photos/ -o photos.hrd\n"
      "  headrace run examples/imagenet_train.json photos.hrd --epochs 2\n\n"
      "`headrace SUBCOMMAND --help` says more.");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.fallthrough(false);

  std::array commands = {make_write(), make_info(),  make_compile(), make_run(),
                         make_view(),  make_bench(), make_doctor()};
  std::vector<std::pair<CLI::App*, Command*>> subcommands;
  for (const std::unique_ptr<Command>& command : commands) {
    subcommands.emplace_back(command->declare(app), command.get());
  }

  if (argc > 1 && argv[1][0] != '-') {
    const std::string name = argv[1];
    std::string names;
    bool known = false;
    for (const auto& [subcommand, command] : subcommands) {
      names += (names.empty() ? "" : ", ") + subcommand->get_name();
      known = known || subcommand->get_name() == name;
    }
    if (!known) return usage_error(app, "there is no subcommand \"" + name + "\"; there are " + names);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);  // --help, --version
  } catch (const CLI::ParseError& e) {
    const std::vector<CLI::App*> named = app.get_subcommands();
    return usage_error(named.empty() ? app : *named.front(), e.what());
  }
  for (const auto& [subcommand, command] : subcommands) {
    if (subcommand->parsed()) return run_command(*subcommand, *command);
  }
  return usage_error(app, "a subcommand is required");
}

}  // namespace
}  // namespace headrace::cli

int main(int argc, char** argv) { return headrace::cli::main(argc, argv); }
