// headrace order: which samples an epoch visits, and how well that mixes them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/loader_options.h"
#include "cli/options.h"
#include "cli/order_analysis.h"
#include "runtime/dataset/printable.h"
#include "runtime/loader/progress.h"
#include "runtime/loader/sequence.h"

namespace headrace::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDefaultLabel = "label";
/// Windows of pages that are taken to stay in memory: the one in use, and what is left of the one before.
constexpr uint64_t kWindowsKept = 2;

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.2f" : "%.1f", value);
  return value < 1000 ? text : format_count(static_cast<uint64_t>(value + 0.5));
}

std::string line(const std::string& label, const std::string& value) {
  std::string padded = "  " + label;
  padded.resize(std::max<size_t>(padded.size() + 2, 20), ' ');
  return padded + value + "\n";
}

std::string hex(uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, value);
  return text;
}

class OrderCommand final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override {
    CLI::App* app =
        parent.add_subcommand("order", "Prints which samples an epoch visits, or how well they are mixed");
    app->footer(
        "Examples:\n"
        "  headrace order photos.hrd --epoch 3 --rank 1 --world-size 4 --batch-size 64 --limit 10\n"
        "  headrace order photos.hrd --order quasi_random --window-bytes 32M --analyze");
    add_dataset(*app, path_);
    add_order(*app, order_);
    add_batch_size(*app, batch_size_);
    add_sequence_options(*app, given_);
    app->add_option("--seed", options_.seed, "seed of the order (default: 0)")
        ->check(whole_number(0))
        ->type_name("N");
    app->add_option("--epoch", epoch_, "the epoch (default: 0)")->check(whole_number(0))->type_name("N");
    CLI::Option* const limit =
        app->add_option("--limit", limit_, "print the first N positions only (default: all)")
            ->check(whole_number(1))
            ->type_name("N");
    CLI::Option* const analyze =
        app->add_flag("--analyze", analyze_,
                      "tell how classes are mixed and what is read, instead of the samples")
            ->excludes(limit);
    app->add_option("--label", label_, "the i64 field that holds the classes (default: label)")
        ->needs(analyze)
        ->type_name("FIELD");
    app->add_flag("--json", json_, "print one JSON object");
    return app;
  }

  ExitCode run() override {
    const Interrupt interrupt(Interrupt::Second::kills);
    if (const Status prepared = prepare(); !prepared.ok()) return fail(prepared);
    const Status done = analyze_ ? analyze() : list();
    if (Interrupt::requested()) return kInterrupted;
    return done.ok() ? kOk : fail(done);
  }

 private:
  Status prepare();
  Status analyze();
  Status list();
  Json head() const;
  uint64_t kept_bytes() const {
    return options_.window_bytes > UINT64_MAX / kWindowsKept ? UINT64_MAX
                                                             : options_.window_bytes * kWindowsKept;
  }
  std::string analysis_text(const OrderAnalysis& a) const;
  Json analysis_json(const OrderAnalysis& a) const;

  std::string path_, label_;
  std::optional<Order> order_;
  std::optional<uint64_t> batch_size_;
  SequenceOptions given_;
  LoaderOptions options_;
  uint64_t epoch_ = 0, limit_ = 0;
  bool analyze_ = false, json_ = false;

  std::shared_ptr<const Dataset> dataset_;
  std::unique_ptr<SequencePlan> plan_;
  std::shared_ptr<const EpochSequence> sequence_;
  std::optional<size_t> label_field_;
};

Status OrderCommand::prepare() {
  HR_ASSIGN_OR_RETURN(dataset_, Dataset::open(path_));
  HR_RETURN_IF_ERROR(apply_sequence_options(given_, options_));
  if (order_) options_.order = *order_;
  options_.batch_size = batch_size_.value_or(
      std::clamp<uint64_t>(dataset_->size() / options_.world_size, 1, LoaderOptions{}.batch_size));
  HR_ASSIGN_OR_RETURN(plan_, SequencePlan::create(dataset_, options_));
  HR_ASSIGN_OR_RETURN(sequence_, plan_->epoch(epoch_));
  if (!analyze_) return {};

  const std::string name = label_.empty() ? kDefaultLabel : label_;
  label_field_ = dataset_->field_index(name);
  const bool usable = label_field_ && dataset_->schema().fields[*label_field_].kind == FieldKind::i64;
  if (usable) return {};
  label_field_.reset();
  if (label_.empty()) return {};  // classes are not asked for
  std::vector<std::string> fields;
  for (const Schema::Field& f : dataset_->schema().fields) {
    if (f.kind == FieldKind::i64) fields.push_back(f.name);
  }
  return {"order.label", path_,
          "there is no i64 field \"" + printable(label_) +
              "\"; i64 fields: " + (fields.empty() ? "none" : join_some(fields, fields.size()))};
}

/// What both kinds of output begin with.
Json OrderCommand::head() const {
  Json json = {{"path", path_},
               {"order", order_name(options_.order)},
               {"tail", tail_name(options_.tail)},
               {"seed", options_.seed},
               {"epoch", epoch_},
               {"batch_size", options_.batch_size},
               {"world_size", options_.world_size},
               {"global_batches", plan_->global_batches()},
               {"samples_per_epoch", plan_->samples_per_epoch()},
               {"order_key", hex(plan_->key())}};
  if (options_.order == Order::quasi_random) json["window_bytes"] = options_.window_bytes;
  return json;
}

Status OrderCommand::list() {
  const uint64_t rows = options_.batch_size, world = options_.world_size;
  const uint64_t all = sequence_->positions() / world;
  const uint64_t count = limit_ == 0 ? all : std::min(limit_, all);
  Json json = head();
  json["rank"] = options_.rank;
  json["samples"] = Json::array();
  if (!json_) print("position\tbatch\trow\tsample\tkey\n");
  for (uint64_t i = 0; i < count && !Interrupt::requested(); ++i) {
    const uint64_t batch = i / rows, row = i % rows;
    const uint64_t position = (batch * rows + row) * world + options_.rank;
    const SequenceItem item = sequence_->at(position);
    const bool padding = item.sample == SequenceItem::kPadding;
    if (json_) {
      json["samples"].push_back(padding ? Json() : Json(item.sample));
    } else {
      print(std::to_string(position) + "\t" + std::to_string(batch) + "\t" + std::to_string(row) + "\t" +
            (padding ? "-\t-" : std::to_string(item.sample) + "\t" + dataset_->key(item.sample)) + "\n");
    }
  }
  if (json_) print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  return {};
}

std::string OrderCommand::analysis_text(const OrderAnalysis& a) const {
  const auto against = [](double found, double random) {
    return decimal(found) + " (" + decimal(random) + " in random order)";
  };
  const std::string window = options_.order == Order::quasi_random
                                 ? ", windows of " + format_bytes(static_cast<double>(options_.window_bytes))
                                 : "";
  std::string text = printable(path_) + ": epoch " + std::to_string(epoch_) + " in " +
                     std::string(order_name(options_.order)) + " order" + window + "\n";
  text += line("samples", format_count(a.samples) + " in " +
                              (a.batches == 1 ? std::string("1 global batch")
                                              : format_count(a.batches) + " global batches") +
                              " of " + format_count(options_.batch_size * options_.world_size) + ", from " +
                              plural(a.pages, "page"));
  text += line("page switches", against(static_cast<double>(a.page_switches), a.page_switches_random));
  text += line("pages per batch", against(a.pages_per_batch, a.pages_per_batch_random) + ", at most " +
                                      format_count(a.pages_per_batch_most));
  text += line("bytes per batch", format_bytes(a.sample_bytes_per_batch) + " of samples, in pages of " +
                                      format_bytes(a.page_bytes_per_batch));
  text += line("read per batch", format_bytes(a.read_bytes_per_batch) + ", if the last " +
                                     format_bytes(static_cast<double>(kept_bytes())) +
                                     " of pages stay in memory");
  if (!a.mixing)
    return text + line("classes", "unknown: the file has no i64 field \"label\" (--label names another)");
  const OrderAnalysis::Mixing& m = *a.mixing;
  text += line("classes", format_count(m.labels));
  text += line("classes per batch", against(m.per_batch_mean, m.per_batch_random) + ", at least " +
                                        format_count(m.per_batch_fewest));
  text += line("run of a class", against(m.run_mean, m.run_mean_random) + " samples on average, at most " +
                                     format_count(m.run_longest));
  return text;
}

Json OrderCommand::analysis_json(const OrderAnalysis& a) const {
  Json json = head();
  json["samples"] = a.samples;
  json["batches"] = a.batches;
  json["pages"] = a.pages;
  json["page_switches"] = a.page_switches;
  json["page_switches_random"] = a.page_switches_random;
  json["pages_per_batch"] = a.pages_per_batch;
  json["pages_per_batch_random"] = a.pages_per_batch_random;
  json["pages_per_batch_most"] = a.pages_per_batch_most;
  json["page_bytes_per_batch"] = a.page_bytes_per_batch;
  json["sample_bytes_per_batch"] = a.sample_bytes_per_batch;
  json["read_bytes_per_batch"] = a.read_bytes_per_batch;
  json["kept_bytes"] = kept_bytes();
  json["mixing"] = Json();
  if (!a.mixing) return json;
  const OrderAnalysis::Mixing& m = *a.mixing;
  json["mixing"] = {{"label", dataset_->schema().fields[*label_field_].name},
                    {"labels", m.labels},
                    {"run_mean", m.run_mean},
                    {"run_mean_random", m.run_mean_random},
                    {"run_longest", m.run_longest},
                    {"labels_per_batch", m.per_batch_mean},
                    {"labels_per_batch_random", m.per_batch_random},
                    {"labels_per_batch_fewest", m.per_batch_fewest}};
  return json;
}

Status OrderCommand::analyze() {
  ProgressLine progress(stderr);
  const Expected<OrderAnalysis> analysis = analyze_order(
      *dataset_, *sequence_, options_.batch_size * options_.world_size, kept_bytes(), label_field_,
      [&](uint64_t done) {
        if (progress.due())
          progress.show(format_count(done) + " of " + format_count(sequence_->positions()) + " positions");
        return !Interrupt::requested();
      });
  progress.clear();
  if (!analysis.ok()) return analysis.status();
  print(json_ ? analysis_json(*analysis).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"
              : analysis_text(*analysis));
  return {};
}

}  // namespace

std::unique_ptr<Command> make_order() { return std::make_unique<OrderCommand>(); }

}  // namespace headrace::cli
