#include "runtime/dataset/export.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "kernels/jpeg_recipe.h"
#include "kernels/packed/packed_image.h"
#include "runtime/dataset/info.h"
#include "runtime/dataset/printable.h"
#include "runtime/platform/atomic_file.h"

namespace headrace {
namespace {

std::string sample_text(const Dataset& d, uint64_t sample) { return printable(d.path()) + ": sample " + std::to_string(sample); }

/// Whether a key is a path that stays inside the folder it is appended to.
bool stays_inside(std::string_view key) {
  if (key.empty() || key.find('\0') != std::string_view::npos || key.find('\\') != std::string_view::npos) return false;
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
  Exporter(const Dataset& dataset, const std::string& folder, const ExportOptions& options)
      : dataset_(dataset), folder_(folder), options_(options), fields_(dataset.schema().fields.size()) {}

  Status check() {
    for (size_t f = 0; f < fields_.size(); ++f) {
      if (dataset_.schema().fields[f].kind != FieldKind::image) continue;
      if (image_) return {"export.field", printable(dataset_.path()), "has more than one image field"};
      image_ = f;
    }
    if (!image_) return {"export.field", printable(dataset_.path()), "has no image field"};
    if (const auto key = dataset_.field_index("key"); key && dataset_.schema().fields[*key].kind == FieldKind::bytes) key_ = *key;
    std::set<std::string> names;
    for (uint64_t s = 0; s < dataset_.size(); ++s) {
      HR_RETURN_IF_ERROR(dataset_.read(s, fields_));
      const uint32_t encoding = fields_[*image_].encoding;
      if (encoding != HR_ENCODING_JPEG && encoding != HR_ENCODING_PACKED) {
        return {"export.encoding", sample_text(dataset_, s), "is kept as " + encoding_name(encoding) + ", which no longer has the file it came from; jpeg and packed have"};
      }
      const std::string name = name_of(s);
      if (key_ && !stays_inside(name)) {
        return {"export.key", sample_text(dataset_, s), "has the key \"" + printable(name) + "\", which is no path inside a folder"};
      }
      if (!names.insert(name).second) return {"export.key", sample_text(dataset_, s), "has the same key as another: \"" + printable(name) + "\""};
    }
    return {};
  }

  Expected<ExportReport> run() {
    for (uint64_t s = 0; s < dataset_.size(); ++s) {
      if (options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed)) {
        return Status("export.cancelled", printable(folder_), "was stopped after " + std::to_string(s) + " of " + std::to_string(dataset_.size()) + " files");
      }
      HR_RETURN_IF_ERROR(dataset_.read(s, fields_));
      HR_RETURN_IF_ERROR(write(s));
      if (options_.progress) options_.progress(s + 1, dataset_.size(), report_.bytes);
    }
    return std::move(report_);
  }

 private:
  std::string name_of(uint64_t sample) const {
    if (key_) return {reinterpret_cast<const char*>(fields_[*key_].data), fields_[*key_].size};
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%08llu.jpg", static_cast<unsigned long long>(sample));
    return text.data();
  }

  Status write(uint64_t sample) {
    const hr_field& field = fields_[*image_];
    std::span<const uint8_t> bytes(field.data, field.size);
    const std::string name = name_of(sample);
    if (field.encoding == HR_ENCODING_PACKED) {
      RecipeState state = RecipeState::none;
      JpegRecipe recipe;
      Status status = unpack_image(bytes, image_coefficients_, &recipe, &state);
      if (status.ok() && state == RecipeState::none) {
        return {"export.encoding", sample_text(dataset_, sample), "was stripped when it was written: the file it came from is gone"};
      }
      if (status.ok()) status = jpeg_rebuild(recipe.headers, recipe.extra, image_coefficients_, jpeg_);
      if (!status.ok()) return {"export.damaged", sample_text(dataset_, sample), status.errors().front().message};
      bytes = jpeg_;
      if (state == RecipeState::byte_exact) ++report_.byte_exact;
      else report_.coefficients_exact.push_back(printable(name));
    } else {
      ++report_.untouched;
    }
    const std::filesystem::path path = std::filesystem::path(folder_) / name;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) return {"data.io", printable(path.parent_path().string()), "the folder cannot be made: " + error.message()};
    HR_ASSIGN_OR_RETURN(const auto file, platform::AtomicFile::create(path.string(), options_.overwrite));
    HR_RETURN_IF_ERROR(file->write_at(0, bytes));
    HR_RETURN_IF_ERROR(file->publish());
    ++report_.files;
    report_.bytes += bytes.size();
    return {};
  }

  const Dataset& dataset_;
  const std::string& folder_;
  const ExportOptions& options_;
  std::vector<hr_field> fields_;
  std::optional<size_t> image_, key_;
  CoefficientImage image_coefficients_;
  std::vector<uint8_t> jpeg_;
  ExportReport report_;
};

}  // namespace

Expected<ExportReport> export_images(const Dataset& dataset, const std::string& folder, const ExportOptions& options) {
  Exporter exporter(dataset, folder, options);
  HR_RETURN_IF_ERROR(exporter.check());
  return exporter.run();
}

}  // namespace headrace
