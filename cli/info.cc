// headrace info: what a dataset file holds, and whether all of it is whole.
#include "runtime/dataset/info.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/options.h"
#include "runtime/dataset/printable.h"
#include "runtime/loader/progress.h"

namespace headrace::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kClassesListed = 20;

std::string size_text(uint64_t bytes) { return format_bytes(static_cast<double>(bytes)); }

std::string extent_text(const DatasetSummary::Extent& e) {
  char text[96];
  std::snprintf(text, sizeof text, "%u to %u (mean %.1f)", e.min, e.max, e.mean);
  return text;
}

std::string field_text(const DatasetSummary::Field& f) {
  std::string text(field_kind_name(f.kind));
  for (const auto& [name, p] : f.payloads) {
    text += f.kind == FieldKind::bytes
                ? ", " + size_text(p.bytes) + " in all"
                : ", " + format_count(p.samples) + " " + name + " (" + size_text(p.bytes) + ")";
  }
  if (!f.kept.empty()) {
    std::vector<std::string> reasons;
    for (const auto& [reason, count] : f.kept) reasons.push_back(format_count(count) + " " + reason);
    text += ", not packed: " + join_some(reasons, reasons.size());
  }
  if (f.kind == FieldKind::image) {
    text += ", width " + extent_text(f.width) + ", height " + extent_text(f.height);
  }
  if (f.value_names.empty()) return text;
  std::vector<std::string> counts;
  for (size_t i = 0; i < f.value_names.size(); ++i) {
    counts.push_back(f.value_names[i] + " " + format_count(f.value_counts[i]));
  }
  text += ", " + plural(f.value_names.size(), "named value") + ": " + join_some(counts, kClassesListed);
  if (f.other_values != 0) text += "; " + plural(f.other_values, "value") + " without a name";
  return text;
}

std::string line(const std::string& label, const std::string& value) {
  std::string padded = "  " + label;
  padded.resize(std::max<size_t>(padded.size() + 2, 16), ' ');
  return padded + value + "\n";
}

std::string to_text(const DatasetSummary& s) {
  std::string text = printable(s.path) + ": " + plural(s.samples, "sample") + "\n";
  for (const DatasetSummary::Field& f : s.fields) text += line(printable(f.name), field_text(f));
  text += line("file", size_text(s.file_bytes) + ": payloads " + size_text(s.payload_bytes) + ", index " +
                           size_text(s.index_bytes) + ", page overhead " + size_text(s.page_overhead));
  text += line("pages", format_count(s.pages) + " of up to " + format_count(s.page_size) + " bytes");
  text += line("order",
               s.shuffle_seed ? "shuffled with seed " + std::to_string(*s.shuffle_seed) : "of the source");
  text += line("fingerprint", s.fingerprint);
  text += line("written by", s.writer + ", format version " + std::to_string(s.format_version) +
                                 ", generation " + std::to_string(s.generation));
  for (const std::string& note : s.notes) text += line("note", note);
  return text;
}

Json extent_json(const DatasetSummary::Extent& e) {
  return {{"min", e.min}, {"max", e.max}, {"mean", e.mean}};
}

Json field_json(const DatasetSummary::Field& f) {
  Json json = {{"name", f.name}, {"kind", field_kind_name(f.kind)}};
  if (!f.value_names.empty()) {
    json["value_names"] = f.value_names;
    json["value_counts"] = f.value_counts;
    json["other_values"] = f.other_values;
  }
  if (!f.payloads.empty()) json["payloads"] = Json::object();
  for (const auto& [name, p] : f.payloads) {
    json["payloads"][name] = {{"samples", p.samples}, {"bytes", p.bytes}};
  }
  if (!f.kept.empty()) json["kept"] = f.kept;
  if (f.kind == FieldKind::image) {
    json["width"] = extent_json(f.width);
    json["height"] = extent_json(f.height);
  }
  return json;
}

Json to_json(const DatasetSummary& s, const Status& verified) {
  Json json = {{"path", s.path}, {"samples", s.samples}, {"fields", Json::array()}};
  for (const DatasetSummary::Field& f : s.fields) json["fields"].push_back(field_json(f));
  json["page_size"] = s.page_size;
  json["pages"] = s.pages;
  json["file_bytes"] = s.file_bytes;
  json["payload_bytes"] = s.payload_bytes;
  json["index_bytes"] = s.index_bytes;
  json["page_overhead"] = s.page_overhead;
  json["shuffle_seed"] = s.shuffle_seed ? Json(*s.shuffle_seed) : Json();
  json["fingerprint"] = s.fingerprint;
  json["writer"] = s.writer;
  json["format_version"] = s.format_version;
  json["generation"] = s.generation;
  json["notes"] = s.notes;
  json["verified"] = verified.ok();
  json["damage"] = Json::array();
  for (const Diagnostic& d : verified.errors()) {
    json["damage"].push_back({{"code", d.code}, {"where", d.where}, {"message", d.message}});
  }
  return json;
}

class Info final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override {
    CLI::App* app =
        parent.add_subcommand("info", "Says what a dataset file holds and checks every byte of it");
    app->footer(
        "Example:\n"
        "  headrace info photos.hrd");
    add_dataset(*app, path_);
    app->add_flag("--json", json_, "print one JSON object");
    return app;
  }

  ExitCode run() override {
    const Expected<std::shared_ptr<const Dataset>> dataset = Dataset::open(path_);
    if (!dataset.ok()) return fail(dataset.status());
    const DatasetSummary summary = summarize(**dataset);
    if (!json_) print(to_text(summary));

    ProgressLine progress(stderr);
    const ProgressLine::Clock::time_point start = ProgressLine::Clock::now();
    double seconds = 0;
    const Status verified = verify_all(**dataset, [&](uint64_t done, uint64_t total) {
      seconds = std::chrono::duration<double>(ProgressLine::Clock::now() - start).count();
      if (!progress.due()) return true;
      const std::string eta = format_eta(done, total, seconds);
      progress.show("verified " + size_text(done) + " of " + size_text(total) +
                    (eta.empty() ? "" : ", " + eta));
      return true;
    });
    progress.clear();
    if (json_) print(to_json(summary, verified).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    if (!verified.ok()) return fail(verified);
    if (!json_) print(line("verified", "every byte, in " + format_seconds(seconds)));
    return kOk;
  }

 private:
  std::string path_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_info() { return std::make_unique<Info>(); }

}  // namespace headrace::cli
