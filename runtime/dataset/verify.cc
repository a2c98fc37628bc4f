#include <algorithm>
#include <vector>

#include "runtime/dataset/fingerprint.h"
#include "runtime/dataset/info.h"
#include "runtime/dataset/mapped_dataset.h"
#include "runtime/dataset/record.h"

namespace headrace {
namespace {

using format::Storage;

/// A good page's directory against the index: the same records, the same blob values, no payload over it.
std::string check_directory(const DatasetIndex& index, uint64_t page) {
  const format::PageEntry entry = index.page(page);
  const std::span<const uint8_t> bytes = index.file.subspan(entry.offset, entry.bytes);
  const auto header = format::load<format::PageHeader>(bytes);
  const std::span<const uint8_t> directory = bytes.subspan(header.directory_offset, header.directory_bytes);
  const uint64_t row_bytes = entry.samples * index.layout.record_bytes;
  const std::span<const uint8_t> rows =
      index.records.subspan(entry.first_sample * index.layout.record_bytes, row_bytes);
  if (directory.size() < row_bytes || !std::equal(rows.begin(), rows.end(), directory.begin())) {
    return "its directory contradicts the record table";
  }
  uint64_t at = row_bytes;
  for (uint64_t s = entry.first_sample; s < entry.first_sample + entry.samples; ++s) {
    for (size_t f = 0; f < index.layout.fields.size(); ++f) {
      const RecordLayout::Field& field = index.layout.fields[f];
      if (field.storage == Storage::record) continue;
      uint64_t offset = 0;
      const hr_field value = load_entry(index.row(s), field, offset);
      if (field.storage == Storage::page) {
        if (offset - entry.offset + value.size > header.directory_offset)
          return "a payload lies over its directory";
        continue;
      }
      const std::span<const uint8_t> blob = index.blobs[f].subspan(offset, value.size);
      if (directory.size() - at < blob.size() ||
          !std::equal(blob.begin(), blob.end(), directory.begin() + static_cast<ptrdiff_t>(at))) {
        return "its directory contradicts the key section";
      }
      at += blob.size();
    }
  }
  return at == directory.size() ? "" : "its directory has bytes of no sample";
}

Status check_header_copies(const MappedDataset& d) {
  Status status;
  const std::span<const uint8_t> file = d.map().bytes();
  const std::span<const uint8_t> used = format::as_bytes(d.header());
  for (size_t i = 0; i < d.header_copies().size(); ++i) {
    const std::span<const uint8_t> copy = file.subspan(i * format::kBlock, format::kBlock);
    if (std::equal(copy.begin(), copy.end(), used.begin())) continue;
    status.add("data.header", d.path(),
               "header copy " + std::to_string(i) + " is damaged or out of date; the other one is used");
  }
  return status;
}

}  // namespace

Status verify_all(const Dataset& dataset, const VerifyProgress& progress) {
  const auto* d = dynamic_cast<const MappedDataset*>(&dataset);
  if (d == nullptr) return {"data.io", dataset.path(), "is not a dataset file that can be verified"};
  const DatasetIndex& index = d->index();
  Status status = check_header_copies(*d);
  uint64_t done = 0, total = 0;
  for (uint64_t p = 0; p < index.page_count; ++p) total += index.page(p).bytes;

  Fingerprint fingerprint(d->schema());
  bool pages_good = true;
  std::vector<hr_field> values(d->schema().fields.size());
  for (uint64_t p = 0; p < index.page_count; ++p) {
    if (progress && !progress(done, total)) {
      status.add("data.cancelled", d->path(), "was not verified to the end");
      return status;
    }
    const format::PageEntry entry = index.page(p);
    done += entry.bytes;
    if (const Status page = d->verify_page(p); !page.ok()) {
      status.append(page);
      if (!d->map().intact()) return status;
      pages_good = false;
      continue;
    }
    if (const std::string wrong = check_directory(index, p); !wrong.empty()) {
      status.add("data.record", d->path(), page_text(index, p) + ": " + wrong);
      pages_good = false;
    }
    for (uint64_t s = entry.first_sample; s < entry.first_sample + entry.samples && pages_good; ++s) {
      HR_RETURN_IF_ERROR(d->read(s, values));
      fingerprint.add(values);
    }
  }
  if (const Status intact = d->check_intact(); !intact.ok()) {
    status.append(intact);
    return status;
  }
  if (pages_good && fingerprint.value() != d->header().fingerprint) {
    status.add("data.fingerprint", d->path(),
               "has the content fingerprint " + fingerprint_text(fingerprint.value()) + ", its header says " +
                   fingerprint_text(d->header().fingerprint));
  }
  if (progress) (void)progress(done, total);
  return status;
}

}  // namespace headrace
