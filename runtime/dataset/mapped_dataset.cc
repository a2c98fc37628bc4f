#include "runtime/dataset/mapped_dataset.h"

#include <algorithm>
#include <utility>

#include "headrace/counted.h"
#include "runtime/dataset/checked_index.h"
#include "runtime/dataset/fingerprint.h"
#include "runtime/dataset/printable.h"
#include "runtime/dataset/record.h"

namespace headrace {

using format::Storage;

Expected<std::shared_ptr<const MappedDataset>> MappedDataset::open(const std::string& path,
                                                                   const OpenOptions& options) {
  std::shared_ptr<MappedDataset> d(new MappedDataset);
  d->path_ = path;
  d->options_ = options;
  HR_ASSIGN_OR_RETURN(d->map_, platform::MemoryMap::open(path));
  const std::span<const uint8_t> file = d->map_.bytes();
  HR_ASSIGN_OR_RETURN(HeaderRead read, read_header(file, path));
  d->header_ = read.header;
  d->copies_ = read.copies;
  const format::SectionEntry* s = find_section(d->header_, format::SectionKind::schema, format::kNoField);
  HR_RETURN_IF_ERROR(check_section_hash(file, *s, path));
  HR_ASSIGN_OR_RETURN(DecodedSchema decoded,
                      decode_schema(file.subspan(s->offset, s->bytes), d->header_.field_count,
                                    d->header_.record_bytes, path));
  d->schema_ = std::move(decoded.schema);
  HR_ASSIGN_OR_RETURN(d->index_,
                      read_checked_index(file, d->header_, std::move(decoded.layout), d->schema_, path));
  d->key_field_ = d->field_index("key");
  d->page_good_ = std::make_unique<std::atomic<uint8_t>[]>(d->index_.page_count);
  HR_RETURN_IF_ERROR(d->check_intact());
  return std::shared_ptr<const MappedDataset>(std::move(d));
}

Expected<std::shared_ptr<const Dataset>> Dataset::open(const std::string& path, const OpenOptions& options) {
  HR_ASSIGN_OR_RETURN(std::shared_ptr<const Dataset> dataset, MappedDataset::open(path, options));
  return dataset;
}

std::optional<size_t> MappedDataset::field_index(std::string_view name) const {
  for (size_t i = 0; i < schema_.fields.size(); ++i) {
    if (schema_.fields[i].name == name) return i;
  }
  return std::nullopt;
}

std::string MappedDataset::fingerprint() const { return fingerprint_text(header_.fingerprint); }

Status MappedDataset::check_access(uint64_t sample, size_t fields) const {
  if (sample >= size()) {
    return {
        "data.range", path_,
        "sample " + std::to_string(sample) + " does not exist; the dataset has " + std::to_string(size())};
  }
  if (fields != schema_.fields.size()) {
    return {"data.range", path_,
            "room for " + counted(fields, "field") + " was given; the dataset has " +
                std::to_string(schema_.fields.size())};
  }
  return {};
}

Status MappedDataset::metadata(uint64_t sample, std::span<hr_field> out) const {
  HR_RETURN_IF_ERROR(check_access(sample, out.size()));
  const std::span<const uint8_t> row = index_.row(sample);
  for (size_t i = 0; i < out.size(); ++i) {
    uint64_t offset = 0;
    out[i] = load_entry(row, index_.layout.fields[i], offset);
  }
  return check_intact();
}

Status MappedDataset::check_intact() const {
  if (map_.intact()) return {};
  return {"data.io", path_, map_.fault_text()};
}

Status check_intact(const Dataset& dataset) {
  const auto* mapped = dynamic_cast<const MappedDataset*>(&dataset);
  return mapped == nullptr ? Status() : mapped->check_intact();
}

Status MappedDataset::verify_page(uint64_t page) const {
  if (page >= page_count()) {
    return {
        "data.range", path_,
        "page " + std::to_string(page) + " does not exist; the dataset has " + std::to_string(page_count())};
  }
  const std::string wrong = check_page(index_, page);
  HR_RETURN_IF_ERROR(check_intact());
  if (wrong.empty()) return {};
  return {"data.page", path_, page_text(index_, page) + " is damaged: " + wrong};
}

Status MappedDataset::damaged_page(uint64_t sample, const std::string& wrong) const {
  return {"data.page", path_,
          "sample " + std::to_string(sample) + " (" + key(sample) +
              ") cannot be read: " + page_text(index_, index_.page_of(sample)) + " is damaged: " + wrong};
}

void MappedDataset::locate(uint64_t sample, const uint8_t* bytes, uint64_t offset,
                           std::span<hr_field> out) const {
  const std::span<const uint8_t> row = index_.row(sample);
  for (size_t i = 0; i < out.size(); ++i) {
    uint64_t at = 0;
    const RecordLayout::Field& field = index_.layout.fields[i];
    out[i] = load_entry(row, field, at);
    if (field.storage == Storage::page) out[i].data = bytes + (at - offset);
    if (field.storage == Storage::blob) out[i].data = index_.blobs[i].data() + at;
  }
}

Status MappedDataset::read(uint64_t sample, std::span<hr_field> out) const {
  HR_RETURN_IF_ERROR(check_access(sample, out.size()));
  if (options_.verify_pages) {
    const uint64_t page = index_.page_of(sample);
    if (!page_known_good(page)) {
      const std::string wrong = check_page(index_, page);
      HR_RETURN_IF_ERROR(check_intact());
      if (!wrong.empty()) return damaged_page(sample, wrong);
      note_page_good(page);
    }
  }
  locate(sample, index_.file.data(), 0, out);
  return check_intact();
}

std::string MappedDataset::key(uint64_t sample) const {
  const std::string number = "#" + std::to_string(sample);
  if (sample >= size() || !key_field_) return number;
  const RecordLayout::Field& field = index_.layout.fields[*key_field_];
  uint64_t offset = 0;
  const hr_field f = load_entry(index_.row(sample), field, offset);
  if (field.kind == FieldKind::i64) return std::to_string(f.value);
  if (field.storage != Storage::blob) return number;
  return printable({reinterpret_cast<const char*>(index_.blobs[*key_field_].data()) + offset, f.size});
}

}  // namespace headrace
