// One sample's record: writing a row, and reading one back as hr_field values.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "headrace/abi.h"
#include "headrace/dataset.h"
#include "headrace/status.h"
#include "runtime/dataset/schema_section.h"

namespace headrace {

/// Whether `value` may stand in `field`: payload, encoding, dimensions. Returns what is wrong, or "".
std::string check_value(const Schema::Field& field, const FieldValue& value);

/// The value as an hr_field, with its data pointer.
hr_field to_hr_field(FieldKind kind, const FieldValue& value);

/// Writes one field's entry into a record row. `offset` places the payload (see BytesEntry, ImageEntry).
void store_entry(std::span<uint8_t> row, const RecordLayout::Field& field, const FieldValue& value,
                 uint64_t offset);

/// Reads one field's entry; data stays null. `offset` gets the payload's place (0 for scalars).
hr_field load_entry(std::span<const uint8_t> row, const RecordLayout::Field& field, uint64_t& offset);

/// What is wrong with a stored image entry by itself, or "".
std::string check_image_entry(const format::ImageEntry& entry);

}  // namespace headrace
