// headrace run: compiles a pipeline and runs it over a dataset, as training would.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/program_source.h"
#include "cli/run_logs.h"
#include "cli/run_options.h"
#include "cli/run_session.h"
#include "cli/stats_json.h"
#include "headrace/digest.h"
#include "headrace/loader.h"
#include "headrace/pipeline.h"
#include "headrace/version.h"
#include "runtime/loader/limit.h"
#include "runtime/loader/progress.h"
#include "runtime/platform/atomic_file.h"
#include "runtime/platform/file_io.h"
#include "runtime/platform/process_usage.h"

namespace headrace::cli {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

Status make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return {"data.io", path, "cannot be created: " + platform::errno_text(error.value())};
  return {};
}

Status write_state(const std::string& path, const LoaderState& state) {
  const std::string text = state.to_json() + "\n";
  HR_ASSIGN_OR_RETURN(const std::unique_ptr<platform::AtomicFile> file,
                      platform::AtomicFile::create(path, true));
  HR_RETURN_IF_ERROR(file->write_at(0, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  return file->publish();
}

class Run final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override;
  ExitCode run() override;

 private:
  Status prepare();
  Status open_logs();
  Status finish_files();
  void describe() const;
  Expected<RunResult> run_batches();
  Json to_json(const RunResult& r) const;
  std::string to_text(const RunResult& r) const;

  ProgramSource source_;
  RunOptions given_;

  std::shared_ptr<const Program> program_;
  LoaderOptions options_;
  std::unique_ptr<Loader> loader_;
  double compile_seconds_ = 0;
  std::optional<Digest> digest_;
  std::optional<LogFile> samples_log_, errors_log_;
};

CLI::App* Run::declare(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("run", "Runs a pipeline over a dataset and measures it");
  app->footer(
      "Examples:\n"
      "  headrace run examples/imagenet_train.json photos.hrd --epochs 2 --digest\n"
      "  headrace run train.json photos.hrd --epochs 90 --save-state state.json --stop-after-batches 1000\n"
      "  headrace run train.json photos.hrd --epochs 90 --state state.json");
  source_.declare(*app);
  given_.declare(*app);
  return app;
}

Status Run::open_logs() {
  if (!given_.save_folder.empty()) HR_RETURN_IF_ERROR(make_folder(given_.save_folder));
  if (!given_.samples_file.empty()) {
    HR_ASSIGN_OR_RETURN(samples_log_, LogFile::create(given_.samples_file));
    HR_RETURN_IF_ERROR(samples_log_->write(sample_log_header()));
  }
  if (!given_.errors_file.empty()) {
    HR_ASSIGN_OR_RETURN(errors_log_, LogFile::create(given_.errors_file));
  }
  return {};
}

Status Run::finish_files() {
  Status status;
  if (!given_.save_state_file.empty()) status = write_state(given_.save_state_file, loader_->state());
  if (!given_.trace_file.empty()) status.append(loader_->write_trace(given_.trace_file));
  for (std::optional<LogFile>* log : {&samples_log_, &errors_log_}) {
    if (*log) status.append((*log)->finish());
  }
  return status;
}

Status Run::prepare() {
  HR_RETURN_IF_ERROR(
      given_.check_outputs({source_.spec, source_.file, source_.object, source_.schedule_file}));
  HR_RETURN_IF_ERROR(given_.read_state());
  HR_ASSIGN_OR_RETURN(const std::string text, source_.spec_text());
  HR_ASSIGN_OR_RETURN(options_, source_.loader_settings(text));
  HR_ASSIGN_OR_RETURN(const std::shared_ptr<const Dataset> dataset, Dataset::open(source_.file));
  HR_RETURN_IF_ERROR(given_.apply(dataset->size(), options_));

  const Clock::time_point start = Clock::now();
  HR_ASSIGN_OR_RETURN(program_, source_.program(text, *dataset));
  compile_seconds_ = std::chrono::duration<double>(Clock::now() - start).count();

  for (const std::string& warning : loader_warnings(*dataset, options_)) warn(warning);
  HR_ASSIGN_OR_RETURN(loader_, Loader::create(dataset, program_, options_));
  if (given_.resumed) HR_RETURN_IF_ERROR(loader_->resume(*given_.resumed));
  // Only now, so that nothing is left behind by what cannot run.
  return open_logs();
}

void Run::describe() const {
  const ProgramInfo& info = program_->info();
  const auto number = [](uint64_t n) { return std::to_string(n); };
  std::string text = "seed " + number(options_.seed) + ", " + std::string(order_name(options_.order)) +
                     " order, batch size " + format_count(options_.batch_size);
  if (options_.world_size > 1)
    text += ", rank " + number(options_.rank) + " of " + number(options_.world_size);
  const IoStats io = loader_->stats().io;
  text += ", " + plural(loader_->threads(), "thread") + ", engine " + info.engine + ", isa " + info.isa +
          ", numerics " + std::string(numerics_name(info.numerics)) + ", reading by " +
          std::string(io_engine_name(io.engine)) + " (" + io.why + ")\n";
  std::fputs(text.c_str(), stderr);
}

Expected<RunResult> Run::run_batches() {
  RunSettings settings;
  settings.first_epoch = given_.resumed ? given_.resumed->epoch : 0;
  settings.first_batch =
      given_.resumed ? given_.resumed->consumed / (options_.batch_size * options_.world_size) : 0;
  settings.epochs = given_.epochs;
  settings.max_batches = given_.max_batches;
  settings.save_folder = given_.save_folder;
  settings.digest = digest_ ? &*digest_ : nullptr;
  settings.rank = options_.rank;
  settings.world_size = options_.world_size;
  settings.samples = samples_log_ ? &*samples_log_ : nullptr;
  settings.errors = errors_log_ ? &*errors_log_ : nullptr;
  return run_epochs(*loader_, program_->info(), settings);
}

ExitCode Run::run() {
  source_.resolve();
  const Interrupt interrupt(given_.save_folder.empty() ? Interrupt::Second::kills
                                                       : Interrupt::Second::ignored);
  if (const Status prepared = prepare(); !prepared.ok()) return fail(prepared);
  if (!given_.json) describe();
  if (given_.digest) digest_.emplace();
  const Expected<RunResult> result = run_batches();
  if (!result.ok()) return fail(result.status());
  if (const Status finished = finish_files(); !finished.ok()) return fail(finished);
  const LoaderStats stats = loader_->stats();
  if (stats.decode_warnings != 0) {
    warn("tolerated while decoding (extraneous bytes, unknown markers): " +
         plural(stats.decode_warnings, "warning"));
  }
  if (stats.failed_samples != 0) {
    warn(plural(stats.failed_samples, "sample") + " could not be made (--on-error " +
         std::string(on_error_name(options_.on_error)) + ")");
  }
  if (result->interrupted) {
    std::fprintf(stderr, "interrupted in epoch %llu after %s samples\n",
                 static_cast<unsigned long long>(result->epochs.empty() ? 0 : result->epochs.back().epoch),
                 format_count(result->samples).c_str());
    return kInterrupted;
  }
  print(given_.json ? to_json(*result).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"
                    : to_text(*result));
  return kOk;
}

std::string Run::to_text(const RunResult& r) const {
  std::string text = plural(r.samples, "sample") + " in " + format_seconds(r.seconds) + ", " +
                     format_rate(rate_of(r.samples, r.seconds)) + " images/s\n";
  if (!digest_) return text;
  const ProgramInfo& info = program_->info();
  return text + "digest " + digest_->hex() + " engine=" + info.engine + " isa=" + info.isa +
         " numerics=" + std::string(numerics_name(info.numerics)) +
         " numerics_version=" + std::to_string(kNumericsVersion) +
         " samples=" + std::to_string(digest_->samples()) + " bytes=" + std::to_string(digest_->bytes()) +
         "\n";
}

Json Run::to_json(const RunResult& r) const {
  const ProgramInfo& info = program_->info();
  Json json = {{"spec", source_.spec.empty() ? Json() : Json(source_.spec)},
               {"file", source_.file},
               {"engine", info.engine},
               {"isa", info.isa},
               {"numerics", numerics_name(info.numerics)},
               {"numerics_version", kNumericsVersion},
               {"seed", options_.seed},
               {"order", order_name(options_.order)},
               {"batch_size", options_.batch_size},
               {"threads", loader_->threads()},
               {"compile_ms", compile_seconds_ * 1e3},
               {"first_batch_ms", r.first_batch_seconds * 1e3},
               {"epochs", Json::array()},
               {"samples", r.samples},
               {"batches", r.batches},
               {"bytes", r.bytes},
               {"seconds", r.seconds},
               {"images_per_second", rate_of(r.samples, r.seconds)},
               {"decode_warnings", loader_->stats().decode_warnings},
               {"rank", options_.rank},
               {"world_size", options_.world_size},
               {"stats", cli::to_json(loader_->stats())},
               {"process", cli::to_json(platform::process_usage())},
               {"digest", digest_ ? Json(digest_->hex()) : Json()}};
  for (const EpochResult& e : r.epochs) {
    json["epochs"].push_back({{"epoch", e.epoch},
                              {"samples", e.samples},
                              {"batches", e.batches},
                              {"seconds", e.seconds},
                              {"images_per_second", rate_of(e.samples, e.seconds)},
                              {"limit", limit_text(limit_of(e.stats, loader_->threads(), e.seconds))},
                              {"stats", cli::to_json(e.stats)},
                              {"process", cli::to_json(e.usage)}});
  }
  return json;
}

}  // namespace

std::unique_ptr<Command> make_run() { return std::make_unique<Run>(); }

}  // namespace headrace::cli
