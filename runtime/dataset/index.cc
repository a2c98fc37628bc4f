#include "runtime/dataset/index.h"

#include "headrace/counted.h"
#include "runtime/dataset/header.h"
#include "runtime/dataset/record.h"

namespace headrace {
namespace {

using format::PageEntry;
using format::SectionKind;
using format::Storage;

std::string extent_text(uint64_t offset, uint64_t bytes) {
  return counted(bytes, "byte") + " at " + std::to_string(offset);
}

Expected<std::span<const uint8_t>> section_of(std::span<const uint8_t> file, const format::Header& header,
                                              SectionKind kind, uint32_t owner, uint64_t min_bytes,
                                              const std::string& what, const std::string& path) {
  const format::SectionEntry* s = find_section(header, kind, owner);
  if (s == nullptr) return Status("data.header", path, "header: " + what + " is missing");
  if (s->bytes < min_bytes) {
    return Status("data.header", path,
                  "header: " + what + " has " + counted(s->bytes, "byte") + ", at least " +
                      std::to_string(min_bytes) + " expected");
  }
  return file.subspan(s->offset, s->bytes);
}

Status check_pages(const DatasetIndex& index, const format::Header& h, const std::string& path) {
  uint64_t free = h.data_offset;
  uint64_t samples = 0;
  for (uint64_t i = 0; i < index.page_count; ++i) {
    const PageEntry p = index.page(i);
    const auto bad = [&](const std::string& what) {
      return Status("data.page", path, "page " + std::to_string(i) + " of the page table " + what);
    };
    if (p.offset < free || p.offset > h.index_offset || p.bytes > h.index_offset - p.offset ||
        p.offset % format::kBlock != 0 || p.bytes % format::kBlock != 0 || p.bytes == 0) {
      return bad("(" + extent_text(p.offset, p.bytes) +
                 ") is misaligned, outside the file's pages or over another page");
    }
    if (p.group != 0 || p.reserved != 0)
      return bad("is in page group " + std::to_string(p.group) + ", expected 0");
    if (p.first_sample != samples || p.samples == 0 || p.samples > index.samples - samples) {
      return bad("holds " + counted(p.samples, "sample") + " from " + std::to_string(p.first_sample) +
                 ", expected from " + std::to_string(samples) + " of " + std::to_string(index.samples));
    }
    free = p.offset + p.bytes;
    samples += p.samples;
  }
  if (samples != index.samples) {
    return {"data.page", path,
            "the page table covers " + std::to_string(samples) + " of " + counted(index.samples, "sample")};
  }
  return {};
}

/// The place a payload may take: [low, high), aligned; `low` moves up behind it.
struct Room {
  uint64_t low = 0, high = 0, alignment = 1;

  bool take(uint64_t offset, uint64_t bytes) {
    if (offset < low || offset > high || bytes > high - offset || offset % alignment != 0) return false;
    low = offset + bytes;
    return true;
  }
};

Status check_records(DatasetIndex& index, const Schema& schema, const std::string& path) {
  const size_t fields = index.layout.fields.size();
  std::vector<Room> blobs(fields);
  for (size_t f = 0; f < fields; ++f) {
    if (index.layout.fields[f].storage == Storage::blob)
      blobs[f].high = index.blobs[f].size() - format::kPayloadTail;
  }
  uint64_t page = 0, page_end = 0;
  Room payloads;
  for (uint64_t s = 0; s < index.samples; ++s) {
    if (s == page_end) {
      const PageEntry p = index.page(page++);
      page_end = p.first_sample + p.samples;
      // The page's last 8 bytes are its hash; the tail must be readable within the page.
      payloads = {p.offset + sizeof(format::PageHeader), p.offset + p.bytes - format::kPayloadTail,
                  format::kSampleAlign};
    }
    const std::span<const uint8_t> row = index.row(s);
    for (size_t f = 0; f < fields; ++f) {
      const RecordLayout::Field& field = index.layout.fields[f];
      if (field.storage == Storage::record) continue;
      const auto bad = [&](const std::string& what) {
        return Status("data.record", path,
                      "sample " + std::to_string(s) + " (page " + std::to_string(page - 1) + "), field \"" +
                          schema.fields[f].name + "\": " + what);
      };
      // Both kinds of entry begin with the extent.
      const auto extent = format::load<format::BytesEntry>(row, field.offset);
      Room& room = field.storage == Storage::page ? payloads : blobs[f];
      if (!room.take(extent.offset, extent.bytes)) {
        return bad("its " + extent_text(extent.offset, extent.bytes) +
                   " lie outside their page or section or over another value");
      }
      if (field.kind != FieldKind::image) continue;
      const auto image = format::load<format::ImageEntry>(row, field.offset);
      const std::string wrong = check_image_entry(image);
      if (!wrong.empty()) return bad(wrong);
      index.encodings |= 1u << image.encoding;
    }
  }
  return {};
}

}  // namespace

uint64_t DatasetIndex::page_of(uint64_t sample) const {
  uint64_t low = 0, high = page_count;  // the last page whose first sample is <= sample
  while (high - low > 1) {
    const uint64_t middle = low + (high - low) / 2;
    (page(middle).first_sample <= sample ? low : high) = middle;
  }
  return low;
}

Expected<DatasetIndex> read_index(std::span<const uint8_t> file, const format::Header& h, RecordLayout layout,
                                  const Schema& schema, const std::string& path) {
  DatasetIndex index;
  index.file = file;
  index.samples = h.samples;
  index.page_count = h.page_count;
  index.layout = std::move(layout);
  // read_header() bounded both counts by the size of the index, so the products cannot overflow.
  HR_ASSIGN_OR_RETURN(index.records, section_of(file, h, SectionKind::records, format::kNoField,
                                                h.samples * h.record_bytes, "the record table", path));
  HR_ASSIGN_OR_RETURN(index.pages, section_of(file, h, SectionKind::pages, format::kNoField,
                                              h.page_count * sizeof(PageEntry), "the page table", path));
  index.blobs.resize(index.layout.fields.size());
  for (size_t f = 0; f < index.blobs.size(); ++f) {
    if (index.layout.fields[f].storage != Storage::blob) continue;
    HR_ASSIGN_OR_RETURN(index.blobs[f],
                        section_of(file, h, SectionKind::blob, static_cast<uint32_t>(f), format::kPayloadTail,
                                   "the section of field \"" + schema.fields[f].name + "\"", path));
  }
  HR_RETURN_IF_ERROR(check_pages(index, h, path));
  HR_RETURN_IF_ERROR(check_records(index, schema, path));
  return index;
}

std::string check_page(const DatasetIndex& index, uint64_t page) {
  const PageEntry entry = index.page(page);
  // Smaller only where the page table has been replaced by zeros: the file was truncated.
  if (entry.bytes < format::kBlock) return "its entry in the page table is gone";
  const std::span<const uint8_t> bytes = index.file.subspan(entry.offset, entry.bytes);
  return check_page(index, page, hash64(bytes.first(bytes.size() - sizeof(uint64_t))),
                    format::load<uint64_t>(bytes, bytes.size() - sizeof(uint64_t)),
                    format::load<format::PageHeader>(bytes));
}

std::string check_page(const DatasetIndex& index, uint64_t page, uint64_t found_hash, uint64_t stored_hash,
                       const format::PageHeader& header) {
  const PageEntry entry = index.page(page);
  if (found_hash != entry.hash || stored_hash != entry.hash) {
    return "XXH3-64 " + hex64(found_hash) + ", the page says " + hex64(stored_hash) + ", the page table " +
           hex64(entry.hash);
  }
  if (header.magic != format::kPageMagic || header.index != page || header.bytes != entry.bytes ||
      header.first_sample != entry.first_sample || header.samples != entry.samples ||
      header.group != entry.group) {
    return "its header contradicts the page table";
  }
  const uint64_t room = entry.bytes - sizeof(uint64_t);
  if (header.directory_offset < sizeof header || header.directory_offset % format::kSampleAlign != 0 ||
      header.directory_offset > room || header.directory_bytes > room - header.directory_offset) {
    return "its directory lies outside the page";
  }
  return {};
}

std::string page_text(const DatasetIndex& index, uint64_t page) {
  const PageEntry p = index.page(page);
  return "page " + std::to_string(page) + " (samples " + std::to_string(p.first_sample) + " to " +
         std::to_string(p.first_sample + p.samples - 1) + ")";
}

}  // namespace headrace
