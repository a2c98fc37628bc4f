#include "runtime/dataset/page_builder.h"

#include "runtime/dataset/header.h"
#include "runtime/dataset/record.h"

namespace headrace {

using format::Storage;

uint64_t PageBuilder::page_bytes(uint64_t payload_end, uint64_t directory_bytes) {
  // Directory and hash start at or after the multiple of kSampleAlign at payload_end, and the page ends at a
  // later one, which also leaves kPayloadTail readable bytes after the last payload.
  static_assert(format::kSampleAlign >= format::kPayloadTail && format::kBlock % format::kSampleAlign == 0);
  return format::align_up(
      format::align_up(payload_end, format::kSampleAlign) + directory_bytes + sizeof(uint64_t),
      format::kBlock);
}

PageBuilder::Growth PageBuilder::growth(std::span<const FieldValue> values) const {
  Growth g{page_.size(), blobs_.size()};
  for (size_t i = 0; i < layout_.fields.size(); ++i) {
    const uint64_t size = values[i].data.size();
    if (layout_.fields[i].storage == Storage::page) {
      g.payload_end = format::align_up(g.payload_end, format::kSampleAlign) + size;
    } else if (layout_.fields[i].storage == Storage::blob) {
      g.blob_bytes += size;
    }
  }
  return g;
}

bool PageBuilder::fits(std::span<const FieldValue> values) const {
  if (empty()) return true;
  const Growth g = growth(values);
  return page_bytes(g.payload_end, rows_.size() + layout_.record_bytes + g.blob_bytes) <= page_size_;
}

void PageBuilder::start(uint64_t index, uint64_t offset, uint64_t first_sample) {
  index_ = index;
  offset_ = offset;
  first_sample_ = first_sample;
  samples_ = 0;
  page_.assign(sizeof(format::PageHeader), 0);
  rows_.clear();
  blobs_.clear();
}

void PageBuilder::add(std::span<const FieldValue> values, std::span<const uint64_t> blob_offsets,
                      std::vector<uint8_t>& records) {
  const size_t row_at = rows_.size();
  rows_.resize(row_at + layout_.record_bytes);
  const std::span<uint8_t> row = std::span(rows_).subspan(row_at);
  size_t blob = 0;
  for (size_t i = 0; i < layout_.fields.size(); ++i) {
    const RecordLayout::Field& field = layout_.fields[i];
    const std::span<const uint8_t> data = values[i].data;
    uint64_t offset = 0;
    if (field.storage == Storage::page) {
      page_.resize(format::align_up(page_.size(), format::kSampleAlign));
      offset = offset_ + page_.size();
      page_.insert(page_.end(), data.begin(), data.end());
    } else if (field.storage == Storage::blob) {
      offset = blob_offsets[blob++];
      blobs_.insert(blobs_.end(), data.begin(), data.end());
    }
    store_entry(row, field, values[i], offset);
  }
  records.insert(records.end(), row.begin(), row.end());
  ++samples_;
}

std::span<const uint8_t> PageBuilder::finish(format::PageEntry& entry) {
  const uint64_t payload_end = page_.size();
  format::PageHeader header;
  header.index = index_;
  header.bytes = page_bytes(payload_end, rows_.size() + blobs_.size());
  header.first_sample = first_sample_;
  header.samples = samples_;
  header.directory_offset = format::align_up(payload_end, format::kSampleAlign);
  header.directory_bytes = rows_.size() + blobs_.size();
  page_.resize(header.directory_offset);
  page_.insert(page_.end(), rows_.begin(), rows_.end());
  page_.insert(page_.end(), blobs_.begin(), blobs_.end());
  page_.resize(header.bytes);
  format::store(page_, 0, header);
  const uint64_t hash_at = header.bytes - sizeof(uint64_t);
  const uint64_t hash = hash64(std::span(page_).first(hash_at));
  format::store(page_, hash_at, hash);
  entry = {.offset = offset_,
           .bytes = header.bytes,
           .first_sample = first_sample_,
           .samples = samples_,
           .hash = hash};
  return page_;
}

}  // namespace headrace
