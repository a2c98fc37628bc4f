// headrace tune: measures schedules against the default one, alternating in one process, and writes the best.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/bench_rounds.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/repeated_dataset.h"
#include "cli/schedule_file.h"
#include "cli/tune_choices.h"
#include "headrace/pipeline.h"
#include "runtime/loader/progress.h"
#include "runtime/platform/atomic_file.h"
#include "runtime/platform/topology.h"

namespace headrace::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// Small batches and short measurements: the more rounds, the less one disturbance matters.
constexpr uint64_t kBatchSize = 64;
constexpr uint64_t kLeastBatches = 8;
constexpr double kMeasurementSeconds = 0.25;
constexpr uint64_t kTrialSamples = 1024;
/// Of the time, for schedules that differ from the default in one choice. The rest is for what is made of the
/// better ones.
constexpr double kFirstShare = 0.6;

/// A schedule, its code, and what was measured of it.
struct Candidate {
  ScheduleOptions schedule;
  std::unique_ptr<PipelineBench> bench;
  std::vector<double> rates;   ///< images per second of processor time: other programs disturb it little
  std::vector<double> ratios;  ///< to the default's in the same round
};

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  return *middle;
}

class Tune final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override;
  ExitCode run() override;

 private:
  Expected<bool> search();
  Status prepare();
  Status add(const std::vector<ScheduleOptions>& schedules);
  Expected<std::unique_ptr<PipelineBench>> bench_of(const ScheduleOptions& schedule, uint64_t samples) const;
  Expected<bool> measure(const std::vector<size_t>& which, double until);
  std::vector<Measured> measured() const;
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  std::string to_text(size_t best) const;

  std::string spec_, data_, output_;
  CompileOptions compile_;
  LoaderOptions loader_;
  DecodeLimits limits_;
  unsigned threads_ = 0;
  double seconds_ = 30;

  std::string text_;  ///< of the spec
  std::shared_ptr<const Dataset> dataset_;
  uint64_t samples_ = 0;  ///< of a measurement
  Clock::time_point start_;
  std::set<std::string> loops_;  ///< loop IR of the candidates
  std::vector<Candidate> candidates_;
  std::optional<ProgressLine> progress_;
};

CLI::App* Tune::declare(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand(
      "tune", "Measures how a pipeline's code is best written for this machine and data");
  app->footer(
      "Example:\n"
      "  headrace tune examples/imagenet_train.json --data photos.hrd -o imagenet_schedule.json\n"
      "  headrace run examples/imagenet_train.json photos.hrd --schedule imagenet_schedule.json");
  add_spec(*app, spec_);
  app->add_option("--data", data_, "dataset file to measure with")->required()->type_name("FILE");
  app->add_option("-o,--output", output_, "schedule file to write")->required()->type_name("OUT");
  add_threads(*app, threads_);
  app->add_option("--seconds", seconds_, "time for measuring (default: 30)")
      ->check(whole_number(1, 86400))
      ->type_name("S");
  add_isa(*app, compile_.isa);
  add_numerics(*app, compile_.numerics);
  add_disable(*app, compile_.disable);
  add_libraries(*app, compile_.libraries);
  add_limits(*app, limits_);
  return app;
}

Expected<std::unique_ptr<PipelineBench>> Tune::bench_of(const ScheduleOptions& schedule,
                                                        uint64_t samples) const {
  CompileOptions compile = compile_;
  compile.schedule = schedule;
  LoaderOptions loader = loader_;
  loader.limit = samples;
  const auto repeated =
      std::make_shared<RepeatedDataset>(dataset_, RepeatedDataset::copies_for(*dataset_, samples));
  Expected<std::unique_ptr<PipelineBench>> bench = PipelineBench::create(text_, repeated, compile, loader);
  if (!bench.ok()) return in_spec_file(spec_, bench.status());
  return bench;
}

/// Reads everything, and finds how many samples make a measurement.
Status Tune::prepare() {
  HR_ASSIGN_OR_RETURN(text_, read_spec(spec_));
  HR_ASSIGN_OR_RETURN(loader_, loader_options(spec_, text_));
  HR_ASSIGN_OR_RETURN(dataset_, Dataset::open(data_));
  loader_.order = Order::sequential;  // the same samples every time, and soon in memory
  loader_.batch_size = kBatchSize;
  loader_.threads = threads_;
  loader_.limits = limits_;
  HR_ASSIGN_OR_RETURN(const auto trial, bench_of({}, kTrialSamples));
  HR_ASSIGN_OR_RETURN(const PipelineBench::Rates rates, trial->round(0));
  const double batches = std::ceil(rates.epoch * kMeasurementSeconds / kBatchSize);
  samples_ = kBatchSize * std::max(kLeastBatches, static_cast<uint64_t>(std::min(batches, 1e6)));
  return {};
}

/// Those whose code is not that of a candidate there is already.
Status Tune::add(const std::vector<ScheduleOptions>& schedules) {
  for (const ScheduleOptions& s : schedules) {
    if (Interrupt::requested()) return {};
    InspectOptions inspection;
    inspection.isa = compile_.isa;
    inspection.numerics = compile_.numerics;
    inspection.disable = compile_.disable;
    inspection.schedule = s;
    HR_ASSIGN_OR_RETURN(std::string loops, inspect(text_, dataset_.get(), Stage::loop, inspection));
    if (!loops_.insert(std::move(loops)).second) continue;
    progress_->show("compiling " + schedule_text(s));
    HR_ASSIGN_OR_RETURN(std::unique_ptr<PipelineBench> bench, bench_of(s, samples_));
    candidates_.push_back({s, std::move(bench), {}, {}});
  }
  return {};
}

/// Rounds over the default and some candidates, at least one, up to a time since the start. False if
/// interrupted.
Expected<bool> Tune::measure(const std::vector<size_t>& which, double until) {
  std::vector<size_t> order = {0};
  for (const size_t i : which) {
    if (i != 0) order.push_back(i);
  }
  for (unsigned round = 0; round == 0 || elapsed() < until; ++round) {
    std::vector<double> rates(candidates_.size());
    for (const size_t i : order) {
      if (Interrupt::requested()) return false;
      progress_->show("round " + std::to_string(round + 1) + ": " + schedule_text(candidates_[i].schedule) +
                      "; " + format_seconds(elapsed()) + " of " + format_seconds(seconds_));
      HR_ASSIGN_OR_RETURN(const PipelineBench::Rates measured, candidates_[i].bench->round(0));
      rates[i] = measured.cpu;
    }
    for (const size_t i : order) {
      candidates_[i].rates.push_back(rates[i]);
      candidates_[i].ratios.push_back(rates[i] / rates[0]);
    }
    // Nobody always comes after the same.
    std::rotate(order.begin(), order.begin() + 1, order.end());
  }
  return true;
}

std::vector<Measured> Tune::measured() const {
  std::vector<Measured> all;
  for (const Candidate& c : candidates_) all.push_back({c.schedule, compare(c.ratios)});
  return all;
}

/// False if interrupted.
Expected<bool> Tune::search() {
  HR_RETURN_IF_ERROR(prepare());
  HR_RETURN_IF_ERROR(add(first_schedules()));
  start_ = Clock::now();
  std::vector<size_t> which;
  for (size_t i = 0; i < candidates_.size(); ++i) which.push_back(i);
  if (which.size() < 2) return !Interrupt::requested();
  HR_ASSIGN_OR_RETURN(const bool first, measure(which, seconds_ * kFirstShare));
  if (!first) return false;
  const std::vector<Measured> so_far = measured();
  const std::vector<ScheduleOptions> next = next_schedules(so_far);
  HR_RETURN_IF_ERROR(add(next));
  which.clear();
  for (size_t i = 1; i < candidates_.size(); ++i) {
    // If none is better for sure, the rest of the time goes to those that may be.
    const bool may_be = next.empty() && so_far[i].comparison.ratio > 1;
    if (may_be || std::find(next.begin(), next.end(), candidates_[i].schedule) != next.end())
      which.push_back(i);
  }
  if (which.empty()) return true;
  return measure(which, seconds_);
}

std::string Tune::to_text(size_t best) const {
  const std::vector<Measured> all = measured();
  std::vector<size_t> order;
  size_t width = sizeof("schedule");
  for (size_t i = 0; i < all.size(); ++i) {
    order.push_back(i);
    width = std::max(width, schedule_text(all[i].schedule).size());
  }
  std::stable_sort(order.begin() + 1, order.end(),
                   [&](size_t a, size_t b) { return all[a].comparison.ratio > all[b].comparison.ratio; });
  const ProgramInfo& info = candidates_[0].bench->info();
  std::string text = plural(threads_, "thread") + ", " + info.isa + ", " +
                     std::string(numerics_name(info.numerics)) + ", " + plural(samples_, "image") +
                     " a measurement\n";
  char line[256];
  std::snprintf(line, sizeof line, "  %-*s %12s %7s %7s %7s\n", int(width), "schedule", "images/CPU s",
                "ratio", "noise", "rounds");
  text += line;
  for (const size_t i : order) {
    const Comparison& c = all[i].comparison;
    char noise[16] = "?";
    if (std::isfinite(c.noise)) std::snprintf(noise, sizeof noise, "%.3f", c.noise);
    std::snprintf(line, sizeof line, "%c %-*s %12s %7.3f %7s %7zu\n", i == best ? '*' : ' ', int(width),
                  schedule_text(all[i].schedule).c_str(), format_rate(median(candidates_[i].rates)).c_str(),
                  c.ratio, i == 0 ? "" : noise, candidates_[i].rates.size());
    text += line;
  }
  if (all.size() == 1)
    return text + "no choice changes this pipeline's code; " + output_ + " leaves everything open\n";
  const bool too_few = std::any_of(all.begin() + 1, all.end(),
                                   [](const Measured& m) { return std::isinf(m.comparison.noise); });
  if (best == 0 && too_few) {
    return text + "too few rounds to tell schedules apart: give it more --seconds; " + output_ +
           " leaves everything open\n";
  }
  if (best == 0)
    return text + "none is better by more than the noise; " + output_ + " leaves everything open\n";
  return text + "wrote " + schedule_text(all[best].schedule) + " to " + output_ + "\n";
}

ExitCode Tune::run() {
  if (threads_ == 0) {
    const Expected<unsigned> threads = platform::default_threads();
    if (!threads.ok()) return fail(threads.status());
    threads_ = *threads;
  }
  if (const Status output = check_output(output_, {spec_, data_}); !output.ok()) return fail(output);
  const Interrupt interrupt(Interrupt::Second::ignored);
  // Before anything is measured: that it cannot be written should not come out a minute later.
  const auto file = platform::AtomicFile::create(output_, true);
  if (!file.ok()) return fail(file.status());
  progress_.emplace(stderr);
  const Expected<bool> finished = search();
  progress_.reset();
  if (!finished.ok()) return fail(finished.status());
  if (!*finished) {
    std::fprintf(stderr, "interrupted; nothing was written\n");
    return kInterrupted;
  }
  const size_t best = best_schedule(measured());
  const std::string json = schedule_json(candidates_[best].schedule);
  Status written = (*file)->write_at(0, {reinterpret_cast<const uint8_t*>(json.data()), json.size()});
  if (written.ok()) written = (*file)->publish();
  if (!written.ok()) return fail(written);
  print(to_text(best));
  return kOk;
}

}  // namespace

std::unique_ptr<Command> make_tune() { return std::make_unique<Tune>(); }

}  // namespace headrace::cli
