// What a dataset file holds, for people, and the check of all of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/status.h"

namespace headrace {

struct DatasetSummary {
  struct Extent {
    uint32_t min = 0, max = 0;
    double mean = 0;
  };
  struct Payloads {
    uint64_t samples = 0, bytes = 0;
  };
  struct Field {
    std::string name;
    FieldKind kind = FieldKind::i64;
    /// i64 with value names: how many samples have value 0, 1, ...; `other_values` have none of them.
    std::vector<std::string> value_names;
    std::vector<uint64_t> value_counts;
    uint64_t other_values = 0;
    /// image: by encoding name ("packed", "jpeg", "rgb", "ycc"); bytes: one entry "bytes".
    std::map<std::string, Payloads> payloads;
    /// image: JPEGs that packing left alone, by reason.
    std::map<std::string, uint64_t> kept;
    /// image: pixels.
    Extent width, height;
  };

  std::string path;
  uint64_t samples = 0;
  std::vector<Field> fields;
  uint64_t page_size = 0, pages = 0;
  uint64_t file_bytes = 0;
  uint64_t payload_bytes = 0;  ///< of images and bytes fields
  uint64_t index_bytes = 0;    ///< header copies, schema, record table, keys, page table
  uint64_t page_overhead = 0;  ///< page headers, directories, alignment
  std::optional<uint64_t> shuffle_seed;
  std::string fingerprint;  ///< 32 hexadecimal digits; see docs/format.md
  std::string writer;       ///< "headrace 0.1.0"
  uint32_t format_version = 0;
  uint64_t generation = 0;
  std::vector<std::string> notes;  ///< damage that does not keep the file from being read
};

/// "packed", "jpeg", "rgb", "ycc", or the number in words.
std::string encoding_name(uint32_t encoding);

/// Why a JPEG was not packed (HR_KEPT_*), in words: "CMYK"; empty for 0.
std::string kept_reason(uint64_t kept);

/// Reads the index only, no pages.
DatasetSummary summarize(const Dataset& dataset);

/// Called with the bytes verified so far and in all; false stops the check.
using VerifyProgress = std::function<bool(uint64_t done, uint64_t total)>;

/// Checks every byte: both header copies, every page against its hash, every page's own directory against the
/// record table, the fingerprint. All damage is listed: "data.header", "data.page", "data.record",
/// "data.fingerprint"; "data.cancelled" if `progress` says so.
Status verify_all(const Dataset& dataset, const VerifyProgress& progress = {});

}  // namespace headrace
