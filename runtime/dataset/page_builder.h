// Assembles one data page in memory: header, payloads, the directory that makes it self-describing, hash.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headrace/dataset.h"
#include "runtime/dataset/format.h"
#include "runtime/dataset/schema_section.h"

namespace headrace {

class PageBuilder {
 public:
  PageBuilder(const RecordLayout& layout, uint64_t page_size) : layout_(layout), page_size_(page_size) {}

  bool empty() const { return samples_ == 0; }

  /// Whether another sample stays within the page size. An empty page takes a sample of any size.
  bool fits(std::span<const FieldValue> values) const;

  /// Begins page `index` at byte `offset` of the file.
  void start(uint64_t index, uint64_t offset, uint64_t first_sample);

  /// Adds a sample and appends its record to `records`. `blob_offsets` has, per field of Storage::blob in
  /// field order, the offset of its value in that field's blob section.
  void add(std::span<const FieldValue> values, std::span<const uint64_t> blob_offsets,
           std::vector<uint8_t>& records);

  /// The finished page; valid until start().
  std::span<const uint8_t> finish(format::PageEntry& entry);

 private:
  struct Growth {
    uint64_t payload_end = 0, blob_bytes = 0;
  };
  Growth growth(std::span<const FieldValue> values) const;
  static uint64_t page_bytes(uint64_t payload_end, uint64_t directory_bytes);

  RecordLayout layout_;
  uint64_t page_size_;
  uint64_t index_ = 0, offset_ = 0, first_sample_ = 0, samples_ = 0;
  std::vector<uint8_t> page_;   ///< header and payloads, then all of it
  std::vector<uint8_t> rows_;   ///< records of the page's samples
  std::vector<uint8_t> blobs_;  ///< their blob values, sample by sample
};

}  // namespace headrace
