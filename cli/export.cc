// headrace export: a dataset's images as the files they came from.
#include "runtime/dataset/export.h"

#include <CLI/CLI.hpp>
#include <string>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "runtime/loader/progress.h"

namespace headrace::cli {
namespace {

constexpr size_t kNamedAtMost = 10;

class Export final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override {
    CLI::App* app = parent.add_subcommand("export", "Writes a dataset's JPEGs back as files, byte for byte");
    app->footer(
        "Examples:\n"
        "  headrace export photos.hrd --out restored/\n"
        "  (cd photos && find . -type f | xargs sha256sum) | (cd restored && sha256sum -c --quiet)");
    add_dataset(*app, path_);
    app->add_option("-o,--out", folder_, "folder to write to; it and what it needs is made")
        ->required()
        ->type_name("DIR");
    add_limits(*app, options_.limits);
    app->add_flag("--overwrite", options_.overwrite, "replace files that are there");
    return app;
  }

  ExitCode run() override {
    const Expected<std::shared_ptr<const Dataset>> dataset = Dataset::open(path_);
    if (!dataset.ok()) return fail(dataset.status());
    const Interrupt interrupt(Interrupt::Second::ignored);
    options_.cancel = &Interrupt::flag();
    ProgressLine line(stderr);
    const auto start = ProgressLine::Clock::now();
    const auto seconds = [&] {
      return std::chrono::duration<double>(ProgressLine::Clock::now() - start).count();
    };
    options_.progress = [&](uint64_t done, uint64_t total, uint64_t bytes) {
      if (!line.due()) return;
      line.show(format_count(done) + " of " + plural(total, "file") + ", " +
                format_bytes(static_cast<double>(bytes)) + ", " + format_eta(done, total, seconds()));
    };
    const Expected<ExportReport> report = export_images(**dataset, folder_, options_);
    line.clear();
    if (!report.ok()) {
      fail(report.status());
      return report.status().code() == "export.cancelled" ? kInterrupted : kError;
    }
    if (!report->coefficients_exact.empty()) {
      warn(plural(report->coefficients_exact.size(), "file") +
           " with the source's coefficients but not its bytes: " +
           join_some(report->coefficients_exact, kNamedAtMost));
    }
    print(folder_ + ": " + plural(report->files, "file") + ", " +
          format_bytes(static_cast<double>(report->bytes)) + ": " + format_count(report->untouched) +
          " stored as they were, " + format_count(report->byte_exact) +
          " packed and restored byte for byte; " + format_seconds(seconds()) + "\n");
    return kOk;
  }

 private:
  std::string path_, folder_;
  ExportOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_export() { return std::make_unique<Export>(); }

}  // namespace headrace::cli
