// The index of an open dataset: record table, blob sections and page table, every extent checked.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headrace/status.h"
#include "runtime/dataset/format.h"
#include "runtime/dataset/schema_section.h"

namespace headrace {

/// Views into the mapping; cheap to copy.
struct DatasetIndex {
  std::span<const uint8_t> file;
  uint64_t samples = 0;
  uint64_t page_count = 0;
  uint32_t encodings = 0;  ///< bit e: an image has encoding e
  RecordLayout layout;
  std::span<const uint8_t> records;
  std::vector<std::span<const uint8_t>> blobs;  ///< per field; empty where there is none
  std::span<const uint8_t> pages;

  /// A sample's record; `sample` must be below `samples`.
  std::span<const uint8_t> row(uint64_t sample) const {
    return records.subspan(sample * layout.record_bytes, layout.record_bytes);
  }
  format::PageEntry page(uint64_t index) const {
    return format::load<format::PageEntry>(pages, index * sizeof(format::PageEntry));
  }
  /// The page that holds a sample; `sample` must be below `samples`.
  uint64_t page_of(uint64_t sample) const;
};

/// Finds the sections the header names and checks every extent in them against the file: pages ascend,
/// are aligned and cover all samples; payloads ascend within their sample's page; blob values ascend
/// within their section; image entries are possible. Errors: "data.page", "data.record", "data.header",
/// naming page or sample.
Expected<DatasetIndex> read_index(std::span<const uint8_t> file, const format::Header& header,
                                  RecordLayout layout, const Schema& schema, const std::string& path);

/// Compares a page with its hash and with its entry in the page table. Returns what is wrong, or "".
std::string check_page(const DatasetIndex& index, uint64_t page);

/// The same for a page that was read elsewhere: the XXH3-64 of all but its last 8 bytes, those 8, its header.
std::string check_page(const DatasetIndex& index, uint64_t page, uint64_t found_hash, uint64_t stored_hash,
                       const format::PageHeader& header);

/// "page 3 (samples 120 to 163)".
std::string page_text(const DatasetIndex& index, uint64_t page);

}  // namespace headrace
