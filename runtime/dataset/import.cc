#include "runtime/dataset/import.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <numeric>
#include <system_error>
#include <thread>
#include <utility>

#include "runtime/dataset/folder_source.h"
#include "runtime/dataset/import_sample.h"
#include "runtime/dataset/info.h"
#include "runtime/dataset/ordered_window.h"
#include "runtime/dataset/permutation.h"
#include "runtime/dataset/printable.h"
#include "runtime/dataset/writer.h"
#include "runtime/platform/topology.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;
using Encoding = ImportOptions::Encoding;
using OnError = ImportOptions::OnError;

constexpr uint64_t kWindowPerThread = 8;
constexpr uint32_t kMaxSide = 65535;

Status check_options(const ImportOptions& o) {
  Status status;
  if (o.max_side && o.short_side) {
    status.add("import.options", "", "the long side and the short side cannot both be limited");
  }
  if ((o.max_side || o.short_side) && o.encoding != Encoding::rgb) {
    status.add("import.options", "",
               "images can only be shrunk with the encoding rgb; the others keep every pixel");
  }
  const bool packs = o.encoding == Encoding::automatic || o.encoding == Encoding::packed;
  if ((o.byte_exact || o.strip || o.small) && !packs) {
    status.add("import.options", "", "byte-exact, strip and effort are choices for packed images");
  }
  if (o.byte_exact && o.strip) {
    status.add("import.options", "", "stripped images cannot be byte-exact");
  }
  for (const std::optional<uint32_t>& side : {o.max_side, o.short_side}) {
    if (side && (*side == 0 || *side > kMaxSide)) {
      status.add("import.options", "", "a side of " + std::to_string(*side) + " pixels, expected 1 to 65535");
    }
  }
  return status;
}

/// Worker threads; stopped and joined on destruction.
class Workers {
 public:
  using Window = OrderedWindow<ImportedSample>;

  Workers(Window& window, const std::vector<SourceFile>& files, const std::vector<uint64_t>& order,
          const ImportOptions& options)
      : window_(window), files_(files), order_(order), options_(options) {}
  ~Workers() {
    window_.stop();
    for (std::thread& t : threads_) t.join();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Starts up to `count` threads; fewer only if the system allows no more.
  Status start(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      try {
        threads_.emplace_back([this] { run(); });
      } catch (const std::system_error& e) {
        if (threads_.empty())
          return {"import.threads", "", "no thread can be started: " + e.code().message()};
        break;
      }
    }
    return {};
  }

 private:
  void run() {
    SampleImporter importer(options_);
    while (const std::optional<uint64_t> position = window_.claim()) {
      window_.put(*position, importer.import(files_[order_[*position]], [&](uint64_t bytes) {
        return window_.reserve(*position, bytes);
      }));
    }
  }

  Window& window_;
  const std::vector<SourceFile>& files_;
  const std::vector<uint64_t>& order_;
  const ImportOptions& options_;
  std::vector<std::thread> threads_;
};

/// Takes the results in order: writes the good ones, collects the bad ones.
class Collector {
 public:
  Collector(const FolderListing& listing, const ImportOptions& options, std::unique_ptr<DatasetWriter> writer)
      : listing_(listing), options_(options), writer_(std::move(writer)), per_class_(listing.classes.size()) {
    for (const Diagnostic& d : listing.problems.errors()) bad_.emplace_back(0, d);
    if (!bad_.empty()) drop_writer_on_raise();
  }

  /// A failure to write; bad files are no failure here.
  Status add(uint64_t file, const ImportedSample& sample) {
    if (!sample.problem.ok()) {
      bad_.emplace_back(file + 1, sample.problem.errors().front());
      drop_writer_on_raise();
      return {};
    }
    if (writer_ == nullptr) return {};
    const SourceFile& source = listing_.files[file];
    const std::array<FieldValue, 3> values = {
        FieldValue::image(sample.payload, sample.encoding, sample.width, sample.height, sample.channels,
                          sample.detail),
        FieldValue::integer(source.label), FieldValue::bytes(std::string_view(source.key))};
    HR_RETURN_IF_ERROR(writer_->add(values));
    ++report_.samples;
    ++per_class_[source.label];
    report_.source_bytes += sample.source_bytes;
    report_.payload_bytes += sample.payload.size();
    ++report_.encodings[encoding_name(sample.encoding)];
    report_.oriented += sample.orientation != 1;
    report_.files_with_warnings += sample.warnings != 0;
    if (!sample.kept.empty()) report_.kept.push_back({"import.kept", printable(source.path), sample.kept});
    if (!sample.exact) report_.not_exact.push_back(source.key);
    return {};
  }

  Expected<ImportReport> finish(const std::string& source, const std::string& path) {
    // Problems of the listing first, then files in source order, whatever order they were written in.
    std::stable_sort(bad_.begin(), bad_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [file, diagnostic] : bad_) {
      report_.unsupported += diagnostic.code == "import.unsupported";
      report_.skipped.push_back(std::move(diagnostic));
    }
    if (writer_ == nullptr || report_.samples == 0) {
      Status status;
      for (Diagnostic& d : report_.skipped)
        status.add(std::move(d.code), std::move(d.where), std::move(d.message));
      if (writer_ != nullptr) status.add("import.source", source, "has no image that could be used");
      return status;
    }
    HR_RETURN_IF_ERROR(writer_->finish());
    report_.classes = listing_.classes;
    for (size_t i = 0; i < per_class_.size(); ++i) {
      if (per_class_[i] == 0) report_.empty_classes.push_back(listing_.classes[i]);
    }
    report_.other_files = listing_.other_files;
    report_.hidden = listing_.hidden;
    std::error_code ignored;
    report_.file_bytes = std::filesystem::file_size(path, ignored);
    return std::move(report_);
  }

 private:
  /// Nothing is going to be published, so disk space is given back at once; the rest is only checked.
  void drop_writer_on_raise() {
    if (options_.on_error == OnError::raise) writer_.reset();
  }

  const FolderListing& listing_;
  const ImportOptions& options_;
  std::unique_ptr<DatasetWriter> writer_;
  std::vector<uint64_t> per_class_;
  std::vector<std::pair<uint64_t, Diagnostic>> bad_;  ///< 1 + index of the file, 0 for the listing
  ImportReport report_;
};

Status cancelled_status(const std::string& path) {
  return {"import.cancelled", path, "was not written: the import was cancelled"};
}

Schema image_schema(const std::vector<std::string>& classes) {
  return {
      {{"image", FieldKind::image, {}}, {"label", FieldKind::i64, classes}, {"key", FieldKind::bytes, {}}}};
}

}  // namespace

Expected<ImportReport> import_folder(const std::string& source, const std::string& path,
                                     const ImportOptions& options) {
  const Clock::time_point start = Clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  HR_RETURN_IF_ERROR(check_options(options));
  unsigned wanted = options.threads;
  if (wanted == 0) {
    HR_ASSIGN_OR_RETURN(wanted, platform::default_threads());
  }
  const auto cancelled = [&] {
    return options.cancel != nullptr && options.cancel->load(std::memory_order_relaxed);
  };
  const Expected<FolderListing> listed = list_folder(source, cancelled);
  if (listed.status().code() == "import.cancelled") return cancelled_status(path);
  if (!listed.ok()) return listed.status();
  const FolderListing& listing = *listed;
  HR_ASSIGN_OR_RETURN(auto writer,
                      create_writer(path, image_schema(listing.classes),
                                    {.page_size = options.page_size, .overwrite = options.overwrite},
                                    {.shuffle_seed = options.shuffle_seed}));
  const uint64_t total = listing.files.size();
  std::vector<uint64_t> order;
  if (options.shuffle_seed) {
    order = keyed_permutation(total, *options.shuffle_seed);
  } else {
    order.resize(total);
    std::iota(order.begin(), order.end(), uint64_t{0});
  }

  Collector collector(listing, options, std::move(writer));
  {
    const auto threads = static_cast<unsigned>(std::clamp<uint64_t>(total, 1, wanted));
    Workers::Window window(total, threads * kWindowPerThread, options.memory_budget);
    Workers workers(window, listing.files, order, options);
    HR_RETURN_IF_ERROR(workers.start(threads));
    ImportProgress progress{.total = total};
    for (;;) {
      if (cancelled()) return cancelled_status(path);
      const std::optional<ImportedSample> sample = window.take();
      if (!sample) break;
      HR_RETURN_IF_ERROR(collector.add(order[progress.done], *sample));
      window.release();
      ++progress.done;
      progress.source_bytes += sample->source_bytes;
      progress.seconds = seconds();
      if (options.progress) options.progress(progress);
    }
  }
  Expected<ImportReport> report = collector.finish(source, path);
  if (report.ok()) report->seconds = seconds();
  return report;
}

}  // namespace headrace
