// The open, memory-mapped dataset behind Dataset::open(), with what `info` and page-wise reading need.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "headrace/dataset.h"
#include "runtime/dataset/header.h"
#include "runtime/dataset/index.h"
#include "runtime/platform/memory_map.h"

namespace headrace {

class MappedDataset final : public Dataset {
 public:
  static Expected<std::shared_ptr<const MappedDataset>> open(const std::string& path,
                                                             const OpenOptions& options);

  uint64_t size() const override { return index_.samples; }
  const Schema& schema() const override { return schema_; }
  const std::string& path() const override { return path_; }
  uint64_t file_bytes() const override { return map_.bytes().size(); }
  std::optional<size_t> field_index(std::string_view name) const override;
  Status metadata(uint64_t sample, std::span<hr_field> out) const override;
  Status read(uint64_t sample, std::span<hr_field> out) const override;
  uint64_t page_of(uint64_t sample) const override {
    return sample < size() ? index_.page_of(sample) : page_count();
  }
  uint64_t page_count() const override { return index_.page_count; }
  uint64_t page_size() const override { return header_.page_size; }
  uint64_t page_bytes(uint64_t page) const override {
    return page < page_count() ? index_.page(page).bytes : 0;
  }
  std::string fingerprint() const override;
  uint32_t encodings() const override { return index_.encodings; }
  std::string key(uint64_t sample) const override;

  const format::Header& header() const { return header_; }
  const DatasetIndex& index() const { return index_; }
  const std::array<HeaderCopyState, format::kHeaderCopies>& header_copies() const { return copies_; }

  /// Reads a page and compares it with its hash and the page table, whatever was found before.
  /// Error: "data.page".
  Status verify_page(uint64_t page) const;

  const platform::MemoryMap& map() const { return map_; }

  /// Error "data.io" once the file has become shorter or unreadable while it was mapped: what was read from
  /// it since it was opened may have been zeros.
  Status check_intact() const;

  bool verifies_pages() const { return options_.verify_pages; }

  /// Whether a page needs no (more) checking before its samples are used, and notes that it does not.
  bool page_known_good(uint64_t page) const {
    return !options_.verify_pages || page_good_[page].load(std::memory_order_relaxed) != 0;
  }
  void note_page_good(uint64_t page) const { page_good_[page].store(1, std::memory_order_relaxed); }

  /// What read() returns for a sample on a page with which something is `wrong`.
  Status damaged_page(uint64_t sample, const std::string& wrong) const;

  /// Fields of an existing sample whose payloads lie in memory as they do in the file, where `bytes` stands
  /// for the file from `offset` on. `out` has an element per field.
  void locate(uint64_t sample, const uint8_t* bytes, uint64_t offset, std::span<hr_field> out) const;

  /// Error "data.range": there is no such sample, or it has another number of fields.
  Status check_access(uint64_t sample, size_t fields) const;

 private:
  MappedDataset() = default;

  std::string path_;
  OpenOptions options_;
  platform::MemoryMap map_;
  format::Header header_;
  std::array<HeaderCopyState, format::kHeaderCopies> copies_{};
  Schema schema_;
  DatasetIndex index_;
  std::optional<size_t> key_field_;
  // Per page: 1 once its hash was found right. Two threads may check the same page at once; both find the
  // same answer, and the flag orders nothing else.
  std::unique_ptr<std::atomic<uint8_t>[]> page_good_;
};

/// check_intact() of a dataset that is mapped; no error for any other.
Status check_intact(const Dataset& dataset);

}  // namespace headrace
