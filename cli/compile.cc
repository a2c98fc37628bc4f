// headrace compile: a pipeline as text, at any stage from the graph to assembly, or as a file that runs without a
// compiler.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/command.h"
#include "cli/compile_options.h"
#include "cli/options.h"
#include "cli/schedule_file.h"
#include "headrace/compile_object.h"
#include "headrace/pipeline.h"

namespace headrace::cli {
namespace {

const char* tag(const PassReport& pass) { return pass.approx ? "approx" : "exact"; }

void print_changed(const PassReport& pass) {
  if (!pass.changed) return;
  std::fprintf(stderr, "; after %s (%s)\n%s", pass.name.c_str(), tag(pass), pass.text.c_str());
  if (!pass.text.ends_with('\n')) std::fputc('\n', stderr);
}

void print_times(const std::vector<PassReport>& passes) {
  std::fprintf(stderr, "%-24s %-8s %-8s %10s\n", "pass", "tag", "changed", "ms");
  double total = 0;
  for (const PassReport& p : passes) {
    const double ms = static_cast<double>(p.ns) * 1e-6;
    total += ms;
    std::fprintf(stderr, "%-24s %-8s %-8s %10.3f\n", p.name.c_str(), tag(p), p.changed ? "yes" : "no", ms);
  }
  std::fprintf(stderr, "%-24s %-8s %-8s %10.3f\n", "total", "", "", total);
}

class Compile final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override {
    CLI::App* app = parent.add_subcommand("compile", "Prints what becomes of a pipeline, or compiles it into a file");
    app->footer(
        "Examples:\n"
        "  headrace compile examples/imagenet_train.json --emit loop\n"
        "  headrace compile examples/imagenet_train.json --emit so -o imagenet_train.so\n"
        "  headrace compile --from graph edited.txt --emit so -o edited.so");
    add_spec(*app, spec_);
    app->add_option("--data", data_,
                    "dataset file: field names and kinds are checked, and code is made for its encodings only")
        ->type_name("FILE");
    add_from(*app, from_);
    add_form(*app, form_)->required();
    app->add_option("-o,--output", output_, "file to write (default: standard output; needed for obj and so)")
        ->type_name("OUT");
    add_levels(*app, levels_);
    add_target(*app, target_);
    add_numerics(*app, options_.numerics);
    add_schedule(*app, schedule_);
    add_disable(*app, options_.disable);
    app->add_flag(
        "-g", debug_,
        "line tables, for debuggers and profilers: obj and so say which line of the loop IR code comes from");
    app->add_option(
           "--debug-source", debug_source_,
           "the file with the loop IR that line tables name, as --emit loop writes it (default: OUT.loop)")
        ->type_name("FILE");
    app->add_option("--name", name_, "what symbols and the header's macros begin with (default: the spec file's name)")
        ->type_name("NAME");
    app->add_flag("--print-changed", print_changed_,
                  "print the graph after each pass that changed it, to stderr");
    app->add_option("--stop-after", options_.stop_after, "last graph pass to run")->type_name("PASS");
    app->add_flag("--time-passes", time_passes_, "print the time of each graph pass, to stderr");
    return app;
  }

  ExitCode run() override {
    check_options();
    if (const Status output = check_output(output_, {spec_, data_, schedule_}); !output.ok())
      return fail(output);
    const Expected<std::string> text = read_spec(spec_);
    if (!text.ok()) return fail(text.status());
    const Expected<ScheduleOptions> schedule = read_schedule(schedule_);
    if (!schedule.ok()) return fail(schedule.status());
    options_.schedule = *schedule;
    options_.from = from_;
    std::shared_ptr<const Dataset> dataset;
    if (!data_.empty()) {
      Expected<std::shared_ptr<const Dataset>> opened = Dataset::open(data_);
      if (!opened.ok()) return fail(opened.status());
      dataset = std::move(*opened);
    }
    const Expected<std::string> result = stage() ? as_text(*text, dataset.get()) : as_object(*text, dataset.get());
    if (!result.ok()) return fail(in_spec_file(spec_, result.status()));
    if (output_.empty()) {
      print(*result);
      return kOk;
    }
    if (const Status written = write_text(output_, *result); !written.ok()) return fail(written);
    return kOk;
  }

 private:
  const Stage* stage() const { return std::get_if<Stage>(&form_); }
  const ObjectKind* object() const { return std::get_if<ObjectKind>(&form_); }

  void check_from() const {
    if (!from_) return;
    if (*from_ == Stage::loop && !stage()) {
      throw CLI::ValidationError(
          "--from",
          "loop IR does not say what a pipeline's fields and outputs are; obj, so and header "
          "are made from a spec or a graph");
    }
    if (stage() && *stage() < *from_)
      throw CLI::ValidationError("--emit", "asks for an earlier form than --from reads");
    const bool passes =
        print_changed_ || time_passes_ || !options_.stop_after.empty() || !options_.disable.empty();
    if (*from_ != Stage::graph && passes) {
      throw CLI::ValidationError("--from",
                                 "the text is one after the passes, and none is run; --from graph runs them");
    }
    if (*from_ != Stage::graph && options_.numerics) {
      throw CLI::ValidationError("--numerics", "a text after the passes has its numerics");
    }
  }

  void check_options() {
    check_from();
    if (stage() && *stage() == Stage::graph && !options_.disable.empty()) {
      throw CLI::ValidationError("--disable", "graph is the pipeline before any pass");
    }
    if ((!stage() || *stage() == Stage::graph) && (print_changed_ || time_passes_ || !options_.stop_after.empty())) {
      throw CLI::ValidationError("--emit", stage() ? "graph is the pipeline before any pass; graph-opt is what passes make"
                                                   : "passes are shown with a text, such as graph-opt");
    }
    if (stage() && levels_.size() > 1) {
      throw CLI::ValidationError("--isa", "a text is of one level; obj, so and header take several");
    }
    if (stage() && !name_.empty()) throw CLI::ValidationError("--name", "names what obj, so and header make");
    if (object() && *object() != ObjectKind::header && output_.empty()) {
      throw CLI::ValidationError("--output", "is needed: this form is no text");
    }
    if (debug_ && (!object() || *object() == ObjectKind::header)) {
      throw CLI::ValidationError("-g", "line tables are part of obj and so");
    }
    if (!debug_source_.empty() && !debug_)
      throw CLI::ValidationError("--debug-source", "is what the line tables of -g name");
    levels_ = levels_for(target_, std::move(levels_), !stage());
  }

  Expected<std::string> as_text(const std::string& spec, const Dataset* dataset) {
    if (!levels_.empty()) options_.isa = levels_[0];
    std::vector<PassReport> passes;
    options_.on_pass = [&](const PassReport& pass) {
      if (print_changed_) print_changed(pass);
      passes.push_back({pass.name, pass.approx, pass.changed, pass.ns, ""});
    };
    Expected<std::string> text = inspect(spec, dataset, *stage(), options_);
    if (time_passes_ && !passes.empty()) print_times(passes);
    return text;
  }

  Expected<std::string> as_object(const std::string& spec, const Dataset* dataset) const {
    CompileObjectOptions options;
    options.kind = *object();
    options.levels = levels_;
    options.numerics = options_.numerics;
    options.schedule = options_.schedule;
    options.disable = options_.disable;
    options.from = from_;
    if (debug_)
      options.debug_source =
          debug_source_.empty() ? std::filesystem::absolute(output_).string() + ".loop" : debug_source_;
    options.name = name_.empty() ? name_from_path(spec_) : name_;
    HR_ASSIGN_OR_RETURN(CompiledObject made, compile_object(spec, dataset, options));
    return std::move(made.bytes);
  }

  std::string spec_, data_, output_, name_, schedule_, debug_source_;
  bool debug_ = false;
  std::optional<Stage> from_;
  Form form_ = Stage::graph_opt;
  std::vector<Isa> levels_;
  std::optional<Arch> target_;
  InspectOptions options_;
  bool print_changed_ = false, time_passes_ = false;
};

}  // namespace

std::unique_ptr<Command> make_compile() { return std::make_unique<Compile>(); }

}  // namespace headrace::cli
