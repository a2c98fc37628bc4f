#include "runtime/dataset/export.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "headrace/counted.h"
#include "kernels/packed/jpeg_rebuilder.h"
#include "runtime/dataset/info.h"
#include "runtime/dataset/mapped_dataset.h"
#include "runtime/dataset/printable.h"
#include "runtime/dataset/record.h"
#include "runtime/platform/atomic_file.h"

namespace headrace {
namespace {

/// Whether a key is a path that stays inside the folder it is appended to.
bool stays_inside(std::string_view key) {
  if (key.empty() || key.find('\0') != std::string_view::npos || key.find('\\') != std::string_view::npos)
    return false;
  for (size_t at = 0; at <= key.size();) {
    const size_t end = std::min(key.find('/', at), key.size());
    const std::string_view part = key.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return false;
    at = end + 1;
  }
  return true;
}

class Exporter {
 public:
  Exporter(const MappedDataset& dataset, const std::string& folder, const ExportOptions& options)
      : dataset_(dataset), folder_(folder), options_(options), fields_(dataset.schema().fields.size()) {}

  /// What can be known from the index.
  Status check() {
    HR_RETURN_IF_ERROR(find_fields());
    std::unordered_set<std::string> names;
    for (uint64_t s = 0; s < dataset_.size(); ++s) {
      HR_RETURN_IF_ERROR(dataset_.metadata(s, fields_));
      const uint32_t encoding = fields_[image_].encoding;
      if (encoding != HR_ENCODING_JPEG && encoding != HR_ENCODING_PACKED) {
        return about(s, "export.encoding",
                     "is kept as " + encoding_name(encoding) +
                         ", which no longer has the file it came from; jpeg and packed have");
      }
      std::string name = name_of(s);
      if (key_ && !stays_inside(name)) {
        return about(s, "export.key", "its key is no path inside a folder");
      }
      if (!names.insert(std::move(name)).second) {
        return about(s, "export.key", "an earlier sample has the same key");
      }
    }
    return {};
  }

  Expected<ExportReport> run() {
    for (uint64_t s = 0; s < dataset_.size(); ++s) {
      if (options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed)) {
        return Status("export.cancelled", printable(folder_),
                      "was stopped after " + std::to_string(s) + " of " + counted(dataset_.size(), "file"));
      }
      HR_RETURN_IF_ERROR(dataset_.read(s, fields_));
      if (Status status = write(s); !status.ok()) {
        HR_RETURN_IF_ERROR(check_intact(dataset_));  // the reason, if bytes were missing
        return status;
      }
      if (options_.progress) options_.progress(s + 1, dataset_.size(), report_.bytes);
    }
    return std::move(report_);
  }

 private:
  Status find_fields() {
    const std::vector<Schema::Field>& fields = dataset_.schema().fields;
    std::optional<size_t> image;
    for (size_t f = 0; f < fields.size(); ++f) {
      if (fields[f].kind != FieldKind::image) continue;
      if (image) return {"export.field", printable(dataset_.path()), "has more than one image field"};
      image = f;
    }
    if (!image) return {"export.field", printable(dataset_.path()), "has no image field"};
    image_ = *image;
    const std::optional<size_t> key = dataset_.field_index("key");
    if (key && dataset_.index().layout.fields[*key].storage == format::Storage::blob) key_ = key;
    return {};
  }

  /// `message` about a sample.
  Status about(uint64_t sample, const std::string& code, const std::string& message) const {
    const std::string key = key_ ? " (key \"" + dataset_.key(sample) + "\")" : "";
    return {code, printable(dataset_.path()), "sample " + std::to_string(sample) + key + ": " + message};
  }

  std::string name_of(uint64_t sample) const {
    const DatasetIndex& index = dataset_.index();
    if (key_) {
      uint64_t offset = 0;
      const hr_field key = load_entry(index.row(sample), index.layout.fields[*key_], offset);
      return {reinterpret_cast<const char*>(index.blobs[*key_].data()) + offset, key.size};
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%08llu.jpg", static_cast<unsigned long long>(sample));
    return text.data();
  }

  /// The packed image's file, in rebuilder_.
  Status rebuild(uint64_t sample, std::span<const uint8_t> packed, const std::string& name) {
    const Expected<RecipeState> state = rebuilder_.rebuild(packed, options_.limits);
    if (!state.ok()) {
      const bool limit = state.status().code() == "decode.limit";
      return about(sample, limit ? "export.limit" : "export.damaged",
                   state.status().errors().front().message);
    }
    switch (*state) {
      case RecipeState::none:
        return about(sample, "export.encoding",
                     "was stripped when it was written: the file it came from is gone");
      case RecipeState::coefficients_exact:
        report_.coefficients_exact.push_back(printable(name));
        break;
      case RecipeState::byte_exact:
        ++report_.byte_exact;
        break;
    }
    return {};
  }

  Status write(uint64_t sample) {
    const hr_field& field = fields_[image_];
    std::span<const uint8_t> bytes(field.data, field.size);
    const std::string name = name_of(sample);
    if (field.encoding == HR_ENCODING_PACKED) {
      HR_RETURN_IF_ERROR(rebuild(sample, bytes, name));
      bytes = rebuilder_.jpeg();
    } else {
      ++report_.untouched;
    }
    const std::filesystem::path path = std::filesystem::path(folder_) / name;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) {
      return {"data.io", printable(path.parent_path().string()),
              "the folder cannot be made: " + error.message()};
    }
    HR_ASSIGN_OR_RETURN(const auto file, platform::AtomicFile::create(path.string(), options_.overwrite));
    HR_RETURN_IF_ERROR(file->write_at(0, bytes));
    HR_RETURN_IF_ERROR(check_intact(dataset_));
    HR_RETURN_IF_ERROR(file->publish());
    ++report_.files;
    report_.bytes += bytes.size();
    return {};
  }

  const MappedDataset& dataset_;
  const std::string& folder_;
  const ExportOptions& options_;
  std::vector<hr_field> fields_;
  size_t image_ = 0;
  std::optional<size_t> key_;
  JpegRebuilder rebuilder_;
  ExportReport report_;
};

}  // namespace

Expected<ExportReport> export_images(const Dataset& dataset, const std::string& folder,
                                     const ExportOptions& options) {
  const auto* const mapped = dynamic_cast<const MappedDataset*>(&dataset);
  if (mapped == nullptr) return Status("export.dataset", printable(dataset.path()), "is not a dataset file");
  Exporter exporter(*mapped, folder, options);
  HR_RETURN_IF_ERROR(exporter.check());
  return exporter.run();
}

}  // namespace headrace
