#include "runtime/io/sample_extent.h"

#include <algorithm>

#include "runtime/dataset/format.h"
#include "runtime/dataset/record.h"

namespace headrace {

Extent sample_extent(const DatasetIndex& index, uint64_t sample) {
  const std::span<const uint8_t> row = index.row(sample);
  Extent extent = {UINT64_MAX, 0};
  for (const RecordLayout::Field& field : index.layout.fields) {
    if (field.storage != format::Storage::page) continue;
    uint64_t offset = 0;
    const hr_field value = load_entry(row, field, offset);
    extent.begin = std::min(extent.begin, offset);
    extent.end = std::max(extent.end, offset + value.size + format::kPayloadTail);
  }
  if (extent.end == 0) return {};
  return {extent.begin / format::kBlock * format::kBlock,
          std::min<uint64_t>(format::align_up(extent.end, format::kBlock), index.file.size())};
}

Extent page_extent(const DatasetIndex& index, uint64_t page) {
  const format::PageEntry entry = index.page(page);
  return {entry.offset, entry.offset + entry.bytes};
}

}  // namespace headrace
