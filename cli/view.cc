// headrace view: the first batch of a pipeline as a contact sheet.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/spec_facts.h"
#include "headrace/loader.h"
#include "headrace/pipeline.h"
#include "runtime/loader/contact_sheet.h"

namespace headrace::cli {
namespace {

constexpr uint64_t kMaxCount = 1024;

/// Captions: the name of an i64 output's value where the dataset has names for it, else the number; samples
/// of a pipeline without such an output go by their keys.
class Captions {
 public:
  Captions(const Dataset& dataset, const ProgramInfo& info, const std::string& spec) : dataset_(dataset) {
    for (size_t i = 0; i < info.outputs.size() && !output_; ++i) {
      if (info.outputs[i].dtype != DType::i64 || !info.outputs[i].shape.empty()) continue;
      output_ = i;
      const std::optional<std::string> field = source_field(spec, info.outputs[i].name);
      if (field) field_ = dataset.field_index(*field);
    }
  }

  std::string of(const Batch& batch, uint64_t sample) const {
    if (!output_) return dataset_.key(batch.sample_ids()[sample]);
    int64_t value = 0;
    std::memcpy(&value, batch.output(*output_) + sample * sizeof value, sizeof value);
    if (field_) {
      const std::vector<std::string>& names = dataset_.schema().fields[*field_].value_names;
      if (value >= 0 && static_cast<uint64_t>(value) < names.size()) return names[static_cast<size_t>(value)];
    }
    return std::to_string(value);
  }

 private:
  const Dataset& dataset_;
  std::optional<size_t> output_, field_;
};

std::optional<size_t> image_output(const ProgramInfo& info) {
  for (size_t i = 0; i < info.outputs.size(); ++i) {
    if (info.outputs[i].layout != Layout::none) return i;
  }
  return std::nullopt;
}

class View final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override {
    CLI::App* app = parent.add_subcommand("view", "Draws the first batch a pipeline makes, as a PNG file");
    app->footer(
        "Example:\n"
        "  headrace view examples/imagenet_train.json photos.hrd -o sheet.png");
    add_spec(*app, spec_);
    add_dataset(*app, file_);
    app->add_option("-o,--output", output_, "PNG file to write")->required()->type_name("SHEET.png");
    app->add_option("--count", count_, "images to show (default: 32)")
        ->check(whole_number(1, kMaxCount))
        ->type_name("N");
    app->add_option("--seed", seed_, "seed of the order and of random operations (default: 0)")
        ->check(whole_number(0))
        ->type_name("N");
    add_libraries(*app, compile_.libraries);
    add_limits(*app, limits_);
    return app;
  }

  ExitCode run() override {
    const Status drawn = draw();
    return drawn.ok() ? kOk : fail(drawn);
  }

 private:
  Status draw() const {
    HR_RETURN_IF_ERROR(check_output(output_, {spec_, file_}));
    HR_ASSIGN_OR_RETURN(const std::string text, read_spec(spec_));
    HR_ASSIGN_OR_RETURN(LoaderOptions options, loader_options(spec_, text));
    HR_ASSIGN_OR_RETURN(const std::shared_ptr<const Dataset> dataset, Dataset::open(file_));
    Expected<std::shared_ptr<const Program>> program = compile(text, dataset.get(), compile_);
    if (!program.ok()) return in_spec_file(spec_, program.status());
    const ProgramInfo& info = (*program)->info();
    const std::optional<size_t> image = image_output(info);
    if (!image) return {"view.no_image", spec_, "has no image among its outputs"};

    options.batch_size = std::clamp<uint64_t>(dataset->size(), 1, count_);
    options.limit = options.batch_size;
    options.tail = Tail::pad;
    options.seed = seed_;
    options.limits = limits_;
    HR_ASSIGN_OR_RETURN(const std::unique_ptr<Loader> loader, Loader::create(dataset, *program, options));
    HR_RETURN_IF_ERROR(loader->start_epoch(0));
    HR_ASSIGN_OR_RETURN(const Batch batch, loader->next());
    if (!batch) return {"view.no_image", file_, "has no samples"};

    const Captions captions(*dataset, info, text);
    const PixelScale scale = pixel_scale(text, info.outputs[*image].name);
    std::vector<SheetCell> cells;
    for (uint64_t i = 0; i < batch.samples(); ++i) {
      const uint8_t* sample = batch.output(*image) + i * info.outputs[*image].sample_bytes;
      HR_ASSIGN_OR_RETURN(RgbImage pixels, to_rgb8(info.outputs[*image], sample, scale));
      cells.push_back({std::move(pixels), captions.of(batch, i)});
    }
    SheetOptions sheet;
    sheet.title = std::filesystem::path(spec_).filename().string() + ", output " + info.outputs[*image].name +
                  ", " + std::filesystem::path(file_).filename().string() + ", seed " + std::to_string(seed_);
    HR_RETURN_IF_ERROR(write_contact_sheet(output_, cells, sheet));
    print(output_ + ": " + plural(cells.size(), "image") + " of output \"" + info.outputs[*image].name +
          "\"\n");
    return {};
  }

  std::string spec_, file_, output_;
  uint64_t count_ = 32, seed_ = 0;
  CompileOptions compile_;
  DecodeLimits limits_;
};

}  // namespace

std::unique_ptr<Command> make_view() { return std::make_unique<View>(); }

}  // namespace headrace::cli
