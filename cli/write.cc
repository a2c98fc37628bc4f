// headrace write: a folder of photos becomes a dataset file.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "runtime/dataset/import.h"
#include "runtime/dataset/info.h"
#include "runtime/loader/progress.h"

namespace headrace::cli {
namespace {

constexpr size_t kNamedAtMost = 5;

std::string progress_text(const ImportProgress& p) {
  const auto done = static_cast<double>(p.done);
  const double percent = p.total == 0 ? 100 : 100 * done / static_cast<double>(p.total);
  std::string text = format_count(p.done) + " of " + plural(p.total, "file") + " (" +
                     std::to_string(static_cast<int>(percent)) + " %)";
  if (p.seconds > 0) {
    text += ", " + format_rate(done / p.seconds) + " images/s, " +
            format_bytes(static_cast<double>(p.source_bytes) / p.seconds) + "/s";
  }
  const std::string eta = format_eta(p.done, p.total, p.seconds);
  return eta.empty() ? text : text + ", " + eta;
}

const std::map<std::string, ImportOptions::Encoding> kEncodings = {
    {"auto", ImportOptions::Encoding::automatic},
    {"packed", ImportOptions::Encoding::packed},
    {"jpeg", ImportOptions::Encoding::jpeg},
    {"rgb", ImportOptions::Encoding::rgb},
    {"ycc", ImportOptions::Encoding::ycc}};

/// "packed", or "236 packed, 4 jpeg".
std::string encodings_text(const ImportReport& r) {
  if (r.encodings.size() == 1) return r.encodings.begin()->first;
  std::string text;
  for (const auto& [name, count] : r.encodings)
    text += (text.empty() ? "" : ", ") + format_count(count) + " " + name;
  return text;
}

class Write final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override;
  ExitCode run() override;

 private:
  std::string summary(const ImportReport& r) const;
  ExitCode report_failure(const Status& status) const;
  void report_skipped(const ImportReport& r) const;

  std::string source_, output_;
  ImportOptions options_;
  uint32_t max_side_ = 0, short_side_ = 0;
  bool no_shuffle_ = false;
};

CLI::App* Write::declare(CLI::App& parent) {
  CLI::App* app =
      parent.add_subcommand("write", "Writes a dataset file from a folder with one subfolder per class");
  app->footer(
      "Examples:\n"
      "  headrace write photos/ -o photos.hrd\n"
      "  headrace write photos/ -o small.hrd --encoding rgb --max-side 256");
  app->add_option("SOURCE", source_, "folder with one subfolder per class")->required()->type_name("");
  app->add_option("-o,--output", output_, "dataset file to write")->required()->type_name("FILE");
  const auto set_encoding = [this](const std::string& text) {
    const auto found = kEncodings.find(text);
    if (found == kEncodings.end()) {
      throw CLI::ValidationError("--encoding", "\"" + text + "\" is not one of auto|packed|jpeg|rgb|ycc");
    }
    options_.encoding = found->second;
  };
  app->add_option_function<std::string>(
         "--encoding", set_encoding,
         "auto: packed, or jpeg for what cannot be packed (default); packed: coefficients, packed anew; "
         "jpeg: the files' bytes, untouched; rgb: decoded pixels; ycc: decoded planes")
      ->type_name("auto|packed|jpeg|rgb|ycc");
  auto* exact = app->add_flag("--byte-exact", options_.byte_exact,
                              "auto, packed: pack only what export can write again byte for byte");
  app->add_flag("--strip", options_.strip, "auto, packed: drop metadata and with it the way back to the JPEG")
      ->excludes(exact);
  const auto set_effort = [this](const std::string& text) {
    if (text != "fast" && text != "small") {
      throw CLI::ValidationError("--effort", "\"" + text + "\" is not one of fast|small");
    }
    options_.small = text == "small";
  };
  app->add_option_function<std::string>(
         "--effort", set_effort,
         "auto, packed: fast decodes fastest (default); small takes about 2 % less space")
      ->type_name("fast|small");
  constexpr uint32_t kMaxSide = 65535;
  auto* max_side = app->add_option("--max-side", max_side_, "rgb: shrink so that no side is longer")
                       ->check(whole_number(1, kMaxSide))
                       ->type_name("N");
  app->add_option("--short-side", short_side_, "rgb: shrink so that the short side is no longer")
      ->check(whole_number(1, kMaxSide))
      ->type_name("N")
      ->excludes(max_side);
  add_threads(*app, options_.threads);
  add_limits(*app, options_.limits);
  add_page_size(*app, options_.page_size);
  const auto set_seed = [this](const uint64_t& seed) { options_.shuffle_seed = seed; };
  auto* seed = app->add_option_function<uint64_t>("--shuffle-seed", set_seed,
                                                  "seed of the order in the file (default: 0)")
                   ->check(whole_number(0))
                   ->type_name("N");
  app->add_flag("--no-shuffle", no_shuffle_, "keep the sorted order of the source")->excludes(seed);
  const auto set_on_error = [this](const std::string& text) {
    if (text != "raise" && text != "skip") {
      throw CLI::ValidationError("--on-error", "\"" + text + "\" is not one of raise|skip");
    }
    options_.on_error = text == "skip" ? ImportOptions::OnError::skip : ImportOptions::OnError::raise;
  };
  app->add_option_function<std::string>("--on-error", set_on_error,
                                        "bad files: list them and write nothing (default), or leave them out")
      ->type_name("raise|skip");
  app->add_flag("--overwrite", options_.overwrite, "replace an existing file");
  return app;
}

ExitCode Write::run() {
  if ((max_side_ != 0 || short_side_ != 0) && options_.encoding != ImportOptions::Encoding::rgb) {
    throw CLI::ValidationError(max_side_ != 0 ? "--max-side" : "--short-side",
                               "needs --encoding rgb; the others keep every pixel");
  }
  if (max_side_ != 0) options_.max_side = max_side_;
  if (short_side_ != 0) options_.short_side = short_side_;
  if (no_shuffle_) options_.shuffle_seed.reset();

  const Interrupt interrupt(Interrupt::Second::ignored);
  options_.cancel = &Interrupt::flag();
  ProgressLine line(stderr);
  options_.progress = [&line](const ImportProgress& p) {
    if (line.due()) line.show(progress_text(p));
  };
  const Expected<ImportReport> report = import_folder(source_, output_, options_);
  line.clear();
  if (!report.ok()) {
    return report_failure(report.status());
  }
  report_skipped(*report);
  print(summary(*report));
  return kOk;
}

ExitCode Write::report_failure(const Status& status) const {
  if (status.code() == "data.exists") {
    return fail({"data.exists", output_, "already exists; choose another name or replace it by --overwrite"});
  }
  fail(status);
  if (status.code() == "import.cancelled") return kInterrupted;
  const auto bad = static_cast<uint64_t>(
      std::count_if(status.errors().begin(), status.errors().end(), [](const Diagnostic& d) {
        return d.code.starts_with("import.") && d.code != "import.source" && d.code != "import.layout" &&
               d.code != "import.options";
      }));
  if (bad != 0 && options_.on_error == ImportOptions::OnError::raise) {
    std::fprintf(stderr, "nothing was written: %s; --on-error skip leaves bad files out\n",
                 plural(bad, "error").c_str());
  }
  return kError;
}

void Write::report_skipped(const ImportReport& r) const {
  for (const Diagnostic& d : r.skipped) warn("skipped " + d.where + ": " + d.message);
  if (!r.skipped.empty()) {
    warn(plural(r.skipped.size(), "file") + " skipped" +
         (r.unsupported == 0
              ? ""
              : ", " + format_count(r.unsupported) + " of them images of a kind that is not supported yet"));
  }
  if (!r.other_files.empty()) {
    warn(plural(r.other_files.size(), "file") +
         " left out, being no images: " + join_some(r.other_files, kNamedAtMost));
  }
  if (r.hidden != 0)
    warn("left out whatever has a name that starts with a dot: " + format_count(r.hidden) + " in all");
  if (!r.empty_classes.empty()) {
    warn(format_count(r.empty_classes.size()) + " of " + plural(r.classes.size(), "class") +
         (r.empty_classes.size() == 1 ? " has" : " have") +
         " no image: " + join_some(r.empty_classes, kNamedAtMost));
  }
  if (r.oriented != 0) {
    warn(plural(r.oriented, "image") + " with an EXIF orientation tag stored unturned");
  }
  if (!r.kept.empty()) {
    std::vector<std::string> names;
    for (const Diagnostic& d : r.kept) names.push_back(d.where + " (" + d.message + ")");
    warn(plural(r.kept.size(), "image") + " not packed but kept as JPEG: " + join_some(names, kNamedAtMost));
  }
  if (!r.not_exact.empty()) {
    warn(plural(r.not_exact.size(), "image") +
         " packed that export cannot write again byte for byte (the pixels are exact): " +
         join_some(r.not_exact, kNamedAtMost));
  }
  if (r.files_with_warnings != 0) {
    warn(plural(r.files_with_warnings, "image") + " with extraneous bytes or unknown markers, decoded whole");
  }
}

std::string Write::summary(const ImportReport& r) const {
  const double rate = r.seconds > 0 ? static_cast<double>(r.samples) / r.seconds : 0;
  return output_ + ": " + plural(r.samples, "sample") + " in " + plural(r.classes.size(), "class") + ", " +
         encodings_text(r) + "; " + format_bytes(static_cast<double>(r.source_bytes)) + " in, " +
         format_bytes(static_cast<double>(r.file_bytes)) + " out; " + format_seconds(r.seconds) + ", " +
         format_rate(rate) + " images/s\n";
}

}  // namespace

std::unique_ptr<Command> make_write() { return std::make_unique<Write>(); }

}  // namespace headrace::cli
