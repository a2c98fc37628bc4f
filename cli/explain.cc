// headrace explain: what the compiler made of a pipeline, and where its time goes on a dataset.
#include "headrace/explain.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/explain_json.h"
#include "cli/options.h"
#include "cli/schedule_file.h"

namespace headrace::cli {
namespace {

constexpr uint64_t kMaxSamples = 1'000'000;

class Explain final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override {
    CLI::App* app = parent.add_subcommand(
        "explain", "Says what the compiler made of a pipeline, and where its time goes on a dataset");
    app->footer(
        "Example:\n  headrace explain examples/imagenet_train.json --data photos.hrd --html explain.html");
    add_spec(*app, spec_);
    app->add_option("--data", data_, "dataset file to measure on")->required()->type_name("FILE");
    app->add_option("--html", html_, "also write a page with graph, loops, assembly and times into this file")
        ->type_name("OUT");
    app->add_option("--json", json_, "also write everything as one JSON object into this file")
        ->type_name("OUT");
    app->add_option("--samples", options_.samples,
                    "samples of the dataset that are measured (default: 256, or all)")
        ->check(whole_number(1, kMaxSamples))
        ->type_name("N");
    app->add_option("--rounds", options_.rounds, "rounds; of each sample the fastest counts (default: 9)")
        ->check(whole_number(1, 1000))
        ->type_name("N");
    add_isa(*app, options_.isa);
    add_numerics(*app, options_.numerics);
    add_schedule(*app, schedule_);
    add_libraries(*app, options_.libraries);
    add_limits(*app, options_.limits);
    return app;
  }

  ExitCode run() override {
    for (const std::string* output : {&html_, &json_}) {
      if (const Status status = check_output(*output, {spec_, data_, schedule_}); !status.ok())
        return fail(status);
    }
    if (!html_.empty() && html_ == json_)
      throw CLI::ValidationError("--json", "is the same file as that of --html");
    const Expected<std::string> spec = read_spec(spec_);
    if (!spec.ok()) return fail(spec.status());
    const Expected<ScheduleOptions> schedule = read_schedule(schedule_);
    if (!schedule.ok()) return fail(schedule.status());
    options_.schedule = *schedule;
    Expected<std::shared_ptr<const Dataset>> dataset = Dataset::open(data_);
    if (!dataset.ok()) return fail(dataset.status());
    const Expected<Explanation> explanation = explain(*spec, std::move(*dataset), options_);
    if (!explanation.ok()) return fail(in_spec_file(spec_, explanation.status()));
    if (!html_.empty()) {
      if (const Status s = write_text(html_, explanation_html(*explanation, spec_)); !s.ok()) return fail(s);
    }
    if (!json_.empty()) {
      if (const Status s = write_text(json_, explanation_json(*explanation)); !s.ok()) return fail(s);
    }
    print(explanation_text(*explanation));
    return kOk;
  }

 private:
  std::string spec_, data_, html_, json_, schedule_;
  ExplainOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_explain() { return std::make_unique<Explain>(); }

}  // namespace headrace::cli
