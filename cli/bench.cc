// headrace bench: a pipeline against libjpeg-turbo's plain full decode, alternating in one process.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/bench_baseline.h"
#include "cli/bench_rounds.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/repeated_dataset.h"
#include "cli/schedule_file.h"
#include "runtime/dataset/info.h"
#include "runtime/loader/progress.h"
#include "runtime/platform/topology.h"

namespace headrace::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMinEpochSamples = 8192, kMinEpochBatches = 4;

/// One dataset file and what was measured of it.
struct BenchFile {
  std::shared_ptr<const Dataset> dataset;
  std::string encoding;    ///< "jpeg", "packed", and so on, or "mixed"
  bool has_jpegs = false;  ///< all images are JPEGs or packed ones
  uint64_t bytes_per_image = 0;
  size_t image_field = 0;
  std::unique_ptr<PipelineBench> pipeline;
  std::vector<double> steady, epoch;  ///< images per second, one per round
};

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  std::sort(v.begin(), v.end());
  const size_t middle = v.size() / 2;
  return v.size() % 2 == 1 ? v[middle] : (v[middle - 1] + v[middle]) / 2;
}

double rounded(double v, int digits) {
  const double unit = std::pow(10, digits);
  return std::round(v * unit) / unit;
}

class Bench final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override;
  ExitCode run() override;

 private:
  Status open_files(const std::string& spec);
  Status open_baseline();
  Status measure();
  double baseline_rate() const { return median(baseline_rates_); }
  double ratio(const BenchFile& f) const { return median(f.steady) / baseline_rate(); }
  Json to_json() const;
  std::string to_text() const;
  std::string baseline_source() const;

  std::string spec_;
  std::vector<std::string> paths_;
  CompileOptions compile_;
  std::string schedule_file_;
  std::optional<uint64_t> batch_size_;
  DecodeLimits limits_;
  unsigned threads_ = 0, rounds_ = 5;
  double seconds_ = 0;
  bool json_ = false;

  std::vector<BenchFile> files_;
  std::unique_ptr<BaselineBench> baseline_;
  std::vector<double> baseline_rates_;
};

CLI::App* Bench::declare(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand(
      "bench",
      "Measures a pipeline over dataset files of the same photos against libjpeg-turbo's plain full decode");
  app->footer(
      "Example:\n"
      "  headrace bench examples/imagenet_train_f16.json jpeg.hrd rgb.hrd --threads 1");
  add_spec(*app, spec_);
  app->add_option("FILE", paths_, "dataset files; the first with jpeg (else packed) images is the baseline's")
      ->required()
      ->type_name("");
  add_threads(*app, threads_);
  add_batch_size(*app, batch_size_);
  add_isa(*app, compile_.isa);
  add_numerics(*app, compile_.numerics);
  add_schedule(*app, schedule_file_);
  add_disable(*app, compile_.disable);
  add_libraries(*app, compile_.libraries);
  add_limits(*app, limits_);
  app->add_option("--rounds", rounds_, "rounds of which medians are taken (default: 5)")
      ->check(whole_number(1, 1000))
      ->type_name("N");
  app->add_option("--seconds", seconds_,
                  "seconds of each measurement in a round, at least (default: one pass)")
      ->check(whole_number(0, 3600))
      ->type_name("S");
  app->add_flag("--json", json_, "print one JSON object");
  return app;
}

Status Bench::open_files(const std::string& spec) {
  HR_ASSIGN_OR_RETURN(LoaderOptions options, loader_options(spec_, spec));
  options.batch_size = batch_size_.value_or(LoaderOptions{}.batch_size);
  options.threads = threads_;
  options.limits = limits_;
  for (const std::string& path : paths_) {
    BenchFile f;
    HR_ASSIGN_OR_RETURN(f.dataset, Dataset::open(path));
    const uint64_t samples = std::max(kMinEpochSamples, options.batch_size * kMinEpochBatches);
    const auto repeated =
        std::make_shared<RepeatedDataset>(f.dataset, RepeatedDataset::copies_for(*f.dataset, samples));
    Expected<std::unique_ptr<PipelineBench>> pipeline =
        PipelineBench::create(spec, repeated, compile_, options);
    if (!pipeline.ok()) return in_spec_file(spec_, pipeline.status());
    f.pipeline = std::move(*pipeline);

    const std::vector<ProgramField>& fields = f.pipeline->info().fields;
    const auto image = std::find_if(fields.begin(), fields.end(),
                                    [](const ProgramField& p) { return p.kind == FieldKind::image; });
    if (image == fields.end()) return {"bench.no_image", spec_, "reads no image field"};
    f.image_field = f.dataset->field_index(image->name).value_or(0);
    const DatasetSummary summary = summarize(*f.dataset);
    uint64_t bytes = 0;
    f.has_jpegs = f.dataset->size() != 0;
    for (const auto& [encoding, payloads] : summary.fields[f.image_field].payloads) {
      f.encoding = f.encoding.empty() ? encoding : "mixed";
      f.has_jpegs &= encoding == "jpeg" || encoding == "packed";
      bytes += payloads.bytes;
    }
    f.bytes_per_image = bytes / std::max<uint64_t>(1, f.dataset->size());
    files_.push_back(std::move(f));
  }
  for (const BenchFile& f : files_) {
    if (f.dataset->size() == files_.front().dataset->size()) continue;
    warn(f.dataset->path() + " has " + plural(f.dataset->size(), "sample") + ", " +
         files_.front().dataset->path() + " has " + format_count(files_.front().dataset->size()) +
         "; rates of different photos say little about one another");
  }
  return {};
}

/// Of the first file with JPEGs; if there is none, of the first whose JPEGs can be rebuilt.
Status Bench::open_baseline() {
  std::vector<const BenchFile*> candidates;
  for (const BenchFile& f : files_) candidates.push_back(&f);
  std::stable_partition(candidates.begin(), candidates.end(),
                        [](const BenchFile* f) { return f->encoding == "jpeg"; });
  for (const BenchFile* f : candidates) {
    if (!f->has_jpegs) continue;
    Expected<std::unique_ptr<BaselineBench>> made =
        BaselineBench::create(f->dataset, f->image_field, threads_, limits_);
    if (made.status().code() == "bench.stripped") continue;
    if (!made.ok()) return made.status();
    baseline_ = std::move(*made);
    for (BenchFile& file : files_) file.pipeline->leave_out(baseline_->rebuilt_bytes());
    if (baseline_->images() < f->dataset->size()) {
      warn("the baseline decodes the first " + format_count(baseline_->images()) + " of " +
           plural(f->dataset->size(), "image") + ", whose rebuilt JPEGs take " +
           format_bytes(static_cast<double>(baseline_->rebuilt_bytes())) + " of memory");
    }
    return {};
  }
  warn("no file has JPEGs, or packed images to rebuild them from, so there is no baseline and no ratio");
  return {};
}

Status Bench::measure() {
  HR_RETURN_IF_ERROR(open_baseline());
  ProgressLine progress(stderr);
  progress.set_interval(0);
  for (unsigned round = 0; round < rounds_; ++round) {
    const std::string where = "round " + std::to_string(round + 1) + " of " + std::to_string(rounds_) + ": ";
    if (baseline_ != nullptr) {
      progress.show(where + "libjpeg-turbo");
      HR_ASSIGN_OR_RETURN(const double rate, baseline_->round(seconds_));
      baseline_rates_.push_back(rate);
    }
    for (BenchFile& f : files_) {
      progress.show(where + f.dataset->path());
      HR_ASSIGN_OR_RETURN(const PipelineBench::Rates rates, f.pipeline->round(seconds_));
      f.steady.push_back(rates.steady);
      f.epoch.push_back(rates.epoch);
    }
  }
  return {};
}

ExitCode Bench::run() {
  if (threads_ == 0) {
    const Expected<unsigned> threads = platform::default_threads();
    if (!threads.ok()) return fail(threads.status());
    threads_ = *threads;
  }
  const Expected<ScheduleOptions> schedule = read_schedule(schedule_file_);
  if (!schedule.ok()) return fail(schedule.status());
  compile_.schedule = *schedule;
  const Expected<std::string> spec = read_spec(spec_);
  if (!spec.ok()) return fail(spec.status());
  if (const Status opened = open_files(*spec); !opened.ok()) return fail(opened);
  if (const Status measured = measure(); !measured.ok()) return fail(measured);
  print(json_ ? to_json().dump(2, ' ', false, Json::error_handler_t::replace) + "\n" : to_text());
  return kOk;
}

Json Bench::to_json() const {
  const ProgramInfo& info = files_.front().pipeline->info();
  Json json = {{"machine", {{"cpu", platform::host_facts().cpu_model}, {"threads", threads_}}},
               {"spec", spec_},
               {"isa", info.isa},
               {"numerics", numerics_name(info.numerics)},
               {"batch_size", batch_size_.value_or(LoaderOptions{}.batch_size)},
               {"rounds", rounds_},
               {"baseline", Json()},
               {"runs", Json::array()}};
  if (baseline_ != nullptr) {
    json["baseline"] = {{"images_per_second", rounded(baseline_rate(), 1)},
                        {"threads", threads_},
                        {"file", baseline_->dataset().path()},
                        {"images", baseline_->images()},
                        {"rebuilt", baseline_->rebuilt()}};
  }
  for (const BenchFile& f : files_) {
    json["runs"].push_back(
        {{"file", f.dataset->path()},
         {"encoding", f.encoding},
         {"bytes_per_image", f.bytes_per_image},
         {"images_per_second", rounded(median(f.steady), 1)},
         {"epoch_images_per_second", rounded(median(f.epoch), 1)},
         {"ratio", baseline_ != nullptr ? Json(rounded(ratio(f), 3)) : Json()},
         {"first_batch_ms", rounded(f.pipeline->first_batch_seconds() * 1e3, 1)},
         {"compile_ms", rounded(f.pipeline->compile_seconds() * 1e3, 1)},
         {"peak_rss_mb", rounded(static_cast<double>(f.pipeline->peak_memory()) * 1e-6, 1)}});
  }
  return json;
}

/// What the baseline decodes, if it is not simply the images of a file.
std::string Bench::baseline_source() const {
  if (baseline_->rebuilt() == 0) return "";
  return " of " + plural(baseline_->rebuilt(), "JPEG") + " rebuilt from " + baseline_->dataset().path();
}

std::string Bench::to_text() const {
  const ProgramInfo& info = files_.front().pipeline->info();
  std::string text = platform::host_facts().cpu_model + ", " + plural(threads_, "thread") + ", " + info.isa +
                     ", " + std::string(numerics_name(info.numerics)) + ", medians of " +
                     plural(rounds_, "round") + "\n";
  if (baseline_ != nullptr) {
    text += "libjpeg-turbo, plain full decode" + baseline_source() + ": " + format_rate(baseline_rate()) +
            " images/s\n";
  }
  size_t width = 4;
  for (const BenchFile& f : files_) width = std::max(width, f.dataset->path().size());
  char line[256];
  std::snprintf(line, sizeof line, "  %-8s %10s %10s %10s %7s %12s %10s %10s\n", "encoding", "B/image",
                "images/s", "epoch", "ratio", "first batch", "compile", "peak");
  text += "file" + std::string(width - 4, ' ') + line;
  for (const BenchFile& f : files_) {
    char ratio_text[16] = "-";
    if (baseline_ != nullptr) std::snprintf(ratio_text, sizeof ratio_text, "%.2f", ratio(f));
    std::snprintf(line, sizeof line, "  %-8s %10s %10s %10s %7s %9.1f ms %7.1f ms %7.1f MB\n",
                  f.encoding.c_str(), format_count(f.bytes_per_image).c_str(),
                  format_rate(median(f.steady)).c_str(), format_rate(median(f.epoch)).c_str(), ratio_text,
                  f.pipeline->first_batch_seconds() * 1e3, f.pipeline->compile_seconds() * 1e3,
                  static_cast<double>(f.pipeline->peak_memory()) * 1e-6);
    text += f.dataset->path() + std::string(width - f.dataset->path().size(), ' ') + line;
  }
  return text;
}

}  // namespace

std::unique_ptr<Command> make_bench() { return std::make_unique<Bench>(); }

}  // namespace headrace::cli
