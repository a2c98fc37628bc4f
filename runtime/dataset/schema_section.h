// The schema as a section of the file, and where each field's value lies in a record.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/status.h"
#include "runtime/dataset/format.h"

namespace headrace {

/// Place of each field's entry in the fixed-size records.
struct RecordLayout {
  struct Field {
    FieldKind kind = FieldKind::i64;
    format::Storage storage = format::Storage::record;
    uint32_t offset = 0;  ///< bytes from the start of the record
  };
  std::vector<Field> fields;
  uint64_t record_bytes = 0;
};

/// Field names, kinds and value names that no dataset may have. Errors: "data.schema".
Status check_schema(const Schema& schema, const std::string& path);

/// The layout this writer uses: entries in schema order, the bytes field "key" in a blob section (so that
/// keys can be named even where a page is damaged), other bytes fields and images in pages.
RecordLayout layout_of(const Schema& schema);

/// The section's bytes, padded so that it ends where a page may start.
std::vector<uint8_t> encode_schema(const Schema& schema, const RecordLayout& layout);

struct DecodedSchema {
  Schema schema;
  RecordLayout layout;
};

/// Reads a section of `field_count` fields with records of `record_bytes`. Errors: "data.schema".
Expected<DecodedSchema> decode_schema(std::span<const uint8_t> section, uint32_t field_count,
                                      uint64_t record_bytes, const std::string& path);

}  // namespace headrace
