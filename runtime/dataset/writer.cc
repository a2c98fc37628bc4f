#include "runtime/dataset/writer.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>
#include <vector>

#include "headrace/counted.h"
#include "runtime/dataset/fingerprint.h"
#include "runtime/dataset/format.h"
#include "runtime/dataset/header.h"
#include "runtime/dataset/page_builder.h"
#include "runtime/dataset/record.h"
#include "runtime/dataset/schema_section.h"
#include "runtime/platform/atomic_file.h"

namespace headrace {
namespace {

using format::SectionKind;
using format::Storage;

constexpr std::string_view kWriterName = "headrace " HEADRACE_VERSION;
static_assert(kWriterName.size() < sizeof(format::Header::writer));

class FileWriter final : public DatasetWriter {
 public:
  FileWriter(std::unique_ptr<platform::AtomicFile> file, Schema schema, const WriterOptions& options,
             const WriterFacts& facts)
      : file_(std::move(file)),
        schema_(std::move(schema)),
        layout_(layout_of(schema_)),
        schema_bytes_(encode_schema(schema_, layout_)),
        page_size_(options.page_size),
        facts_(facts),
        page_(layout_, options.page_size),
        fingerprint_(schema_),
        blobs_(schema_.fields.size()),
        sample_(schema_.fields.size()) {
    page_end_ = data_offset();
    page_.start(0, page_end_, 0);
  }

  Status add(std::span<const FieldValue> values) override;
  Status finish() override;

 private:
  uint64_t data_offset() const { return format::kSchemaOffset + schema_bytes_.size(); }
  Status usable() const;
  Status keep(Status status);  ///< remembers a failure: a file with a hole in it must never be published
  Status check(std::span<const FieldValue> values) const;
  Status flush_page();
  Status write_index(format::Header& header);
  Status write_section(format::Header& header, SectionKind kind, uint32_t owner, std::vector<uint8_t>& bytes);

  std::unique_ptr<platform::AtomicFile> file_;
  Schema schema_;
  RecordLayout layout_;
  std::vector<uint8_t> schema_bytes_;
  uint64_t page_size_;
  WriterFacts facts_;
  PageBuilder page_;
  Fingerprint fingerprint_;
  std::vector<uint8_t> records_;
  std::vector<std::vector<uint8_t>> blobs_;  ///< per field; empty where values are not kept there
  std::vector<format::PageEntry> pages_;
  std::vector<hr_field> sample_;
  std::vector<uint64_t> blob_offsets_;
  uint64_t samples_ = 0;
  uint64_t page_end_ = 0;  ///< where the next page goes
  bool failed_ = false, finished_ = false;
};

Status FileWriter::usable() const {
  if (finished_) return {"data.writer", file_->path(), "is finished; nothing can be added"};
  if (failed_) return {"data.writer", file_->path(), "cannot be written any more after an earlier failure"};
  return {};
}

Status FileWriter::keep(Status status) {
  failed_ = failed_ || !status.ok();
  return status;
}

Status FileWriter::check(std::span<const FieldValue> values) const {
  const std::string sample = "sample " + std::to_string(samples_);
  if (values.size() != schema_.fields.size()) {
    return {"data.value", file_->path(),
            sample + " has " + counted(values.size(), "value") + ", the schema has " +
                counted(schema_.fields.size(), "field")};
  }
  Status status;
  for (size_t i = 0; i < values.size(); ++i) {
    if (const std::string wrong = check_value(schema_.fields[i], values[i]); !wrong.empty()) {
      status.add("data.value", file_->path(),
                 sample + ", field \"" + schema_.fields[i].name + "\": " + wrong);
    }
  }
  return status;
}

Status FileWriter::flush_page() {
  format::PageEntry entry;
  const std::span<const uint8_t> bytes = page_.finish(entry);
  HR_RETURN_IF_ERROR(keep(file_->write_at(entry.offset, bytes)));
  pages_.push_back(entry);
  page_end_ = entry.offset + entry.bytes;
  page_.start(pages_.size(), page_end_, samples_);
  return {};
}

Status FileWriter::add(std::span<const FieldValue> values) {
  HR_RETURN_IF_ERROR(usable());
  HR_RETURN_IF_ERROR(check(values));
  if (!page_.fits(values)) HR_RETURN_IF_ERROR(flush_page());
  blob_offsets_.clear();
  for (size_t i = 0; i < values.size(); ++i) {
    sample_[i] = to_hr_field(layout_.fields[i].kind, values[i]);
    if (layout_.fields[i].storage != Storage::blob) continue;
    blob_offsets_.push_back(blobs_[i].size());
    blobs_[i].insert(blobs_[i].end(), values[i].data.begin(), values[i].data.end());
  }
  page_.add(values, blob_offsets_, records_);
  fingerprint_.add(sample_);
  ++samples_;
  return {};
}

Status FileWriter::write_section(format::Header& header, SectionKind kind, uint32_t owner,
                                 std::vector<uint8_t>& bytes) {
  // Padding belongs to the section, so that no byte of the file is without a hash.
  bytes.resize(format::align_up(bytes.size(), format::kSampleAlign));
  const bool schema = kind == SectionKind::schema;
  const uint64_t offset = schema ? format::kSchemaOffset : header.file_bytes;
  if (!schema) header.file_bytes += bytes.size();
  header.sections[header.section_count++] = {.kind = static_cast<uint32_t>(kind),
                                             .owner = owner,
                                             .offset = offset,
                                             .bytes = bytes.size(),
                                             .hash = hash64(bytes)};
  return file_->write_at(offset, bytes);
}

Status FileWriter::write_index(format::Header& h) {
  HR_RETURN_IF_ERROR(write_section(h, SectionKind::schema, format::kNoField, schema_bytes_));
  HR_RETURN_IF_ERROR(write_section(h, SectionKind::records, format::kNoField, records_));
  for (size_t i = 0; i < blobs_.size(); ++i) {
    if (layout_.fields[i].storage != Storage::blob) continue;
    blobs_[i].resize(blobs_[i].size() + format::kPayloadTail);
    HR_RETURN_IF_ERROR(write_section(h, SectionKind::blob, static_cast<uint32_t>(i), blobs_[i]));
  }
  std::vector<uint8_t> table(pages_.size() * sizeof(format::PageEntry));
  for (size_t i = 0; i < pages_.size(); ++i) format::store(table, i * sizeof(format::PageEntry), pages_[i]);
  return write_section(h, SectionKind::pages, format::kNoField, table);
}

Status FileWriter::finish() {
  HR_RETURN_IF_ERROR(usable());
  if (!page_.empty()) HR_RETURN_IF_ERROR(flush_page());

  format::Header h;
  h.samples = samples_;
  h.page_size = page_size_;
  h.page_count = pages_.size();
  h.data_offset = data_offset();
  h.index_offset = h.file_bytes = page_end_;
  h.record_bytes = layout_.record_bytes;
  h.field_count = static_cast<uint32_t>(schema_.fields.size());
  if (facts_.shuffle_seed) {
    h.flags |= format::kFlagShuffled;
    h.shuffle_seed = *facts_.shuffle_seed;
  }
  h.fingerprint = fingerprint_.value();
  std::copy(kWriterName.begin(), kWriterName.end(), h.writer.begin());
  HR_RETURN_IF_ERROR(keep(write_index(h)));
  seal_header(h);
  for (uint64_t copy = 0; copy < format::kHeaderCopies; ++copy) {
    HR_RETURN_IF_ERROR(keep(file_->write_at(copy * format::kBlock, format::as_bytes(h))));
  }
  HR_RETURN_IF_ERROR(keep(file_->publish()));
  finished_ = true;
  return {};
}

}  // namespace

Expected<std::unique_ptr<DatasetWriter>> create_writer(const std::string& path, Schema schema,
                                                       const WriterOptions& options,
                                                       const WriterFacts& facts) {
  HR_RETURN_IF_ERROR(check_schema(schema, path));
  if (!std::has_single_bit(options.page_size) || options.page_size < format::kMinPageSize ||
      options.page_size > format::kMaxPageSize) {
    return Status("data.page_size", path,
                  "page size " + std::to_string(options.page_size) +
                      " is not a power of two from 65536 (64 KiB) to 1073741824 (1 GiB)");
  }
  HR_ASSIGN_OR_RETURN(auto file, platform::AtomicFile::create(path, options.overwrite));
  // A killed writer may have left as much as a whole dataset.
  file->remove_leftovers();
  return std::unique_ptr<DatasetWriter>(new FileWriter(std::move(file), std::move(schema), options, facts));
}

Expected<std::unique_ptr<DatasetWriter>> DatasetWriter::create(const std::string& path, Schema schema,
                                                               const WriterOptions& options) {
  return create_writer(path, std::move(schema), options, {});
}

}  // namespace headrace
