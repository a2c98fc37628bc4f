// headrace run: compiles a pipeline and runs it over a dataset, as training would.
#include <CLI/CLI.hpp>
#include <algorithm>
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
#include "cli/run_session.h"
#include "headrace/digest.h"
#include "headrace/loader.h"
#include "headrace/pipeline.h"
#include "runtime/loader/progress.h"
#include "runtime/platform/file_io.h"

namespace headrace::cli {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kMaxEpochs = 1'000'000;

Status make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return {"data.io", path, "cannot be created: " + platform::errno_text(error.value())};
  return {};
}

class Run final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override;
  ExitCode run() override;

 private:
  Status prepare();
  Json to_json(const RunResult& r) const;
  std::string to_text(const RunResult& r) const;

  std::string spec_, file_, save_;
  CompileOptions compile_;
  std::optional<uint64_t> batch_size_;
  std::optional<Order> order_;
  uint64_t epochs_ = 1, seed_ = 0, limit_ = 0;
  unsigned threads_ = 0;
  bool with_digest_ = false, json_ = false;

  std::shared_ptr<const Program> program_;
  std::unique_ptr<Loader> loader_;
  LoaderOptions options_;
  double compile_seconds_ = 0;
  std::optional<Digest> digest_;
};

CLI::App* Run::declare(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("run", "Runs a pipeline over a dataset and measures it");
  app->footer(
      "Example:\n"
      "  headrace run examples/imagenet_train.json photos.hrd --epochs 2 --digest");
  add_spec(*app, spec_);
  add_dataset(*app, file_);
  add_engine(*app, compile_.engine);
  add_isa(*app, compile_.isa);
  add_numerics(*app, compile_.numerics);
  add_threads(*app, threads_);
  add_batch_size(*app, batch_size_);
  app->add_option("--epochs", epochs_, "epochs to run (default: 1)")
      ->check(whole_number(1, kMaxEpochs))
      ->type_name("N");
  app->add_option("--seed", seed_, "seed of the order and of random operations (default: 0)")
      ->check(whole_number(0))
      ->type_name("N");
  add_order(*app, order_);
  app->add_option("--limit", limit_, "only the first N samples of each epoch's order")
      ->check(whole_number(1))
      ->type_name("N");
  app->add_flag("--digest", with_digest_, "print one hash of all output bytes");
  app->add_option("--save", save_, "write every batch's outputs as .npy files into this folder")
      ->type_name("DIR");
  app->add_flag("--json", json_, "print one JSON object");
  return app;
}

Status Run::prepare() {
  HR_ASSIGN_OR_RETURN(const std::string text, read_spec(spec_));
  HR_ASSIGN_OR_RETURN(options_, loader_options(spec_, text));
  HR_ASSIGN_OR_RETURN(const std::shared_ptr<const Dataset> dataset, Dataset::open(file_));

  const Clock::time_point start = Clock::now();
  Expected<std::shared_ptr<const Program>> program = compile(text, dataset.get(), compile_);
  if (!program.ok()) return in_spec_file(spec_, program.status());
  compile_seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
  program_ = std::move(*program);

  const uint64_t available = limit_ == 0 ? dataset->size() : std::min(limit_, dataset->size());
  options_.batch_size = batch_size_.value_or(std::clamp<uint64_t>(available, 1, LoaderOptions{}.batch_size));
  options_.threads = threads_;
  options_.seed = seed_;
  options_.limit = limit_;
  if (order_) options_.order = *order_;
  for (const std::string& warning : loader_warnings(*dataset, options_)) warn(warning);
  if (compile_.isa && compile_.engine != Engine::jit) {
    warn("--isa makes no difference to the engine " + std::string(engine_name(compile_.engine)));
  }
  HR_ASSIGN_OR_RETURN(loader_, Loader::create(dataset, program_, options_));
  // Only now, so that no folder is left behind by what cannot run.
  return save_.empty() ? Status() : make_folder(save_);
}

ExitCode Run::run() {
  const Interrupt interrupt(save_.empty() ? Interrupt::Second::kills : Interrupt::Second::ignored);
  if (const Status prepared = prepare(); !prepared.ok()) return fail(prepared);
  const ProgramInfo& info = program_->info();
  if (!json_) {
    std::fprintf(stderr, "seed %llu, %s order, batch size %s, %s, engine %s, isa %s, numerics %s\n",
                 static_cast<unsigned long long>(seed_), std::string(order_name(options_.order)).c_str(),
                 format_count(options_.batch_size).c_str(), plural(loader_->threads(), "thread").c_str(),
                 info.engine.c_str(), info.isa.c_str(), std::string(numerics_name(info.numerics)).c_str());
  }
  if (with_digest_) digest_.emplace();
  const Expected<RunResult> result =
      run_epochs(*loader_, info, {epochs_, save_, digest_ ? &*digest_ : nullptr});
  if (!result.ok()) return fail(result.status());
  if (const uint64_t odd = loader_->stats().decode_warnings; odd != 0) {
    warn("tolerated while decoding (extraneous bytes, unknown markers): " + plural(odd, "warning"));
  }
  if (result->interrupted) {
    std::fprintf(stderr, "interrupted in epoch %llu after %s samples\n",
                 static_cast<unsigned long long>(result->epochs.empty() ? 0 : result->epochs.back().epoch),
                 format_count(result->samples).c_str());
    return kInterrupted;
  }
  print(json_ ? to_json(*result).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"
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
         " samples=" + std::to_string(digest_->samples()) + " bytes=" + std::to_string(digest_->bytes()) +
         "\n";
}

Json Run::to_json(const RunResult& r) const {
  const ProgramInfo& info = program_->info();
  Json json = {{"spec", spec_},
               {"file", file_},
               {"engine", info.engine},
               {"isa", info.isa},
               {"numerics", numerics_name(info.numerics)},
               {"seed", seed_},
               {"order", order_name(options_.order)},
               {"batch_size", options_.batch_size},
               {"threads", loader_->threads()},
               {"compile_ms", compile_seconds_ * 1e3},
               {"first_batch_ms", r.first_batch_seconds * 1e3},
               {"epochs", Json::array()},
               {"samples", r.samples},
               {"bytes", r.bytes},
               {"seconds", r.seconds},
               {"images_per_second", rate_of(r.samples, r.seconds)},
               {"decode_warnings", loader_->stats().decode_warnings},
               {"digest", digest_ ? Json(digest_->hex()) : Json()}};
  for (const EpochResult& e : r.epochs) {
    json["epochs"].push_back({{"epoch", e.epoch},
                              {"samples", e.samples},
                              {"batches", e.batches},
                              {"seconds", e.seconds},
                              {"images_per_second", rate_of(e.samples, e.seconds)}});
  }
  return json;
}

}  // namespace

std::unique_ptr<Command> make_run() { return std::make_unique<Run>(); }

}  // namespace headrace::cli
