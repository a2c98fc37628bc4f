// headrace_ladder: runs many random pipelines in every way there is and compares.
#include <CLI/CLI.hpp>

#include "tests/ladder/ladder_run.h"

int main(int argc, char** argv) {
  headrace::ladder::RunOptions options;
  std::vector<std::string> files;
  CLI::App app{
      "Runs random pipelines on random samples through every engine, optimisation level, instruction-set "
      "level, the object\n"
      "cache, ahead-of-time objects and the loader, and compares bytes and errors. Of each pipeline, "
      "unoptimised code and\n"
      "cached code are run at one level, which changes from pipeline to pipeline; everything else at every "
      "level this CPU\n"
      "has. The first rung that differs is named, and the case made smaller. Exits with 0 if nothing "
      "differs."};
  app.add_option("--pipelines", options.pipelines, "how many")->capture_default_str();
  app.add_option("--seed", options.seed, "of the pipelines")->capture_default_str();
  app.add_option("--first", options.first, "number of the first")->capture_default_str();
  app.add_option("--jobs", options.jobs, "processes")->capture_default_str()->check(CLI::Range(1, 64));
  app.add_option("--save", options.save, "folder for failing cases, which --replay runs again");
  app.add_option("--shrink", options.shrink, "simpler cases to try for each that fails; 0: none")
      ->capture_default_str();
  app.add_option("--progress", options.progress_s, "seconds between lines of progress")
      ->capture_default_str();
  app.add_option("--max-failures", options.max_failures, "stop after so many")->capture_default_str();
  app.add_option("--replay", files, "run the cases of these files, and no others");
  CLI11_PARSE(app, argc, argv);
  if (!files.empty()) return headrace::ladder::replay(files, options.shrink) ? 0 : 1;
  return headrace::ladder::run(options) ? 0 : 1;
}
