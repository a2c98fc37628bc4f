#include "runtime/dataset/header.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <string_view>
#include <vector>

#include "headrace/counted.h"
#include "runtime/dataset/printable.h"

namespace headrace {
namespace {

using format::Header;
using format::kBlock;
using format::SectionEntry;
using format::SectionKind;

constexpr uint64_t kHashOffset = kBlock - sizeof(uint64_t);

/// Incompatible features this reader understands: none yet.
constexpr uint64_t kKnownIncompatible = 0;

HeaderCopyState examine_copy(std::span<const uint8_t> file, uint64_t offset, Header& out) {
  if (file.size() < offset + kBlock) return HeaderCopyState::missing;
  out = format::load<Header>(file, offset);
  if (out.magic != format::kMagic) return HeaderCopyState::foreign;
  return hash64(file.subspan(offset, kHashOffset)) == out.hash ? HeaderCopyState::good
                                                               : HeaderCopyState::damaged;
}

/// Why a file without one good header copy is refused.
Status explain_no_header(std::span<const uint8_t> file, const std::string& path, HeaderCopyState first) {
  if (file.empty()) return {"data.not_hrd", path, "is empty, not a headrace dataset"};
  const size_t have = std::min(file.size(), format::kMagic.size());
  if (std::equal(file.begin(), file.begin() + static_cast<ptrdiff_t>(have), format::kMagic.begin())) {
    if (first == HeaderCopyState::damaged) {
      return {"data.header", path, "both copies of the header are damaged (their XXH3-64 does not match)"};
    }
    return {"data.truncated", path,
            "is cut off inside its header: " + counted(file.size(), "byte") + ", at least " +
                std::to_string(format::kSchemaOffset) + " expected"};
  }
  if (have >= 4 && std::equal(file.begin(), file.begin() + 4, format::kMagic.begin())) {
    return {
        "data.not_hrd", path,
        "starts like a headrace dataset, but bytes 4 to 7 of its magic were altered, as a text-mode transfer "
        "does; copy it again in binary mode"};
  }
  return {"data.not_hrd", path, "is not a headrace dataset (it does not start with the .hrd magic)"};
}

/// Names of the incompatible features this reader lacks, as the file itself gives them.
std::string unknown_features(const Header& h) {
  std::vector<std::string> names;
  size_t at = 0;
  const std::string_view text(h.feature_names.data(), h.feature_names.size());
  for (unsigned bit = 0; bit < 64; ++bit) {
    if ((h.incompatible >> bit & 1) == 0) continue;
    const size_t end = std::min(text.find('\0', at), text.size());
    const std::string_view name = at < end ? text.substr(at, end - at) : std::string_view();
    at = std::min(end + 1, text.size());
    if ((kKnownIncompatible >> bit & 1) != 0) continue;
    names.push_back((name.empty() ? "unnamed" : "\"" + printable(name) + "\"") + " (bit " +
                    std::to_string(bit) + ")");
  }
  std::string joined;
  for (const std::string& n : names) joined += (joined.empty() ? "" : ", ") + n;
  return joined;
}

Status bad(const std::string& path, const std::string& what) {
  return {"data.header", path, "header: " + what};
}

/// Every number of the header by itself and against the file's size.
Status check_numbers(const Header& h, uint64_t file_bytes, const std::string& path) {
  const auto text = [](uint64_t v) { return std::to_string(v); };
  if (h.header_bytes != kBlock)
    return bad(path, "says it has " + counted(h.header_bytes, "byte") + ", expected 4096");
  if (h.file_bytes != file_bytes) {
    return {"data.truncated", path,
            "has " + counted(file_bytes, "byte") + ", its header says " + text(h.file_bytes) +
                (file_bytes < h.file_bytes ? ": it was cut off" : ": something was added to it")};
  }
  if (!std::has_single_bit(h.page_size) || h.page_size < format::kMinPageSize ||
      h.page_size > format::kMaxPageSize) {
    return bad(path, "page size " + text(h.page_size) + ", expected a power of two from 65536 to 1073741824");
  }
  if (h.data_offset < format::kSchemaOffset || h.data_offset % kBlock != 0 || h.index_offset % kBlock != 0 ||
      h.data_offset > h.index_offset || h.index_offset > file_bytes) {
    return bad(path, "pages are said to lie from byte " + text(h.data_offset) + " to " +
                         text(h.index_offset) + ", which does not fit a file of " +
                         counted(file_bytes, "byte"));
  }
  if (h.field_count == 0 || h.field_count > format::kMaxFields) {
    return bad(path, "says " + counted(h.field_count, "field") + ", expected 1 to 1024");
  }
  if (h.record_bytes < 8 || h.record_bytes > format::kMaxFields * 64 || h.record_bytes % 8 != 0) {
    return bad(path, "says records of " + counted(h.record_bytes, "byte"));
  }
  if (h.samples > (file_bytes - h.index_offset) / h.record_bytes) {
    return bad(path, "says " + counted(h.samples, "sample") + " of " + counted(h.record_bytes, "byte") +
                         ", more than the index of " + counted(file_bytes - h.index_offset, "byte") +
                         " can hold");
  }
  if (h.page_count > (file_bytes - h.index_offset) / sizeof(format::PageEntry)) {
    return bad(path, "says " + counted(h.page_count, "page") + ", more than the index can hold");
  }
  if (h.section_count > format::kMaxSections) return bad(path, "says " + counted(h.section_count, "section"));
  return {};
}

std::string section_name(const SectionEntry& s) {
  switch (static_cast<SectionKind>(s.kind)) {
    case SectionKind::schema:
      return "schema";
    case SectionKind::records:
      return "records";
    case SectionKind::pages:
      return "page table";
    case SectionKind::blob:
      return "values of field " + std::to_string(s.owner);
  }
  return "section of kind " + std::to_string(s.kind);
}

/// Extents of the sections: in the file, aligned, in ascending order, none over another.
Status check_sections(const Header& h, std::span<const uint8_t> file, const std::string& path) {
  uint64_t end = h.index_offset;
  for (uint32_t i = 0; i < h.section_count; ++i) {
    const SectionEntry& s = h.sections[i];
    const bool schema = s.kind == static_cast<uint32_t>(SectionKind::schema);
    const uint64_t low = schema ? format::kSchemaOffset : end;
    const uint64_t high = schema ? h.data_offset : file.size();
    if (s.offset < low || s.offset > high || s.bytes > high - s.offset ||
        s.offset % format::kSampleAlign != 0) {
      return bad(path, section_name(s) + " is said to take " + counted(s.bytes, "byte") + " at " +
                           std::to_string(s.offset) + ", outside its place or over another section");
    }
    if (!schema) end = s.offset + s.bytes;
    for (uint32_t j = 0; j < i; ++j) {
      if (h.sections[j].kind == s.kind && h.sections[j].owner == s.owner) {
        return bad(path, section_name(s) + " is listed twice");
      }
    }
  }
  for (const auto kind : {SectionKind::schema, SectionKind::records, SectionKind::pages}) {
    if (find_section(h, kind, format::kNoField) == nullptr) {
      return bad(path, section_name({.kind = static_cast<uint32_t>(kind)}) + " is missing");
    }
  }
  return {};
}

}  // namespace

Status check_section_hash(std::span<const uint8_t> file, const SectionEntry& s, const std::string& path) {
  const uint64_t found = hash64(file.subspan(s.offset, s.bytes));
  if (found == s.hash) return {};
  return {"data.section", path,
          section_name(s) + " (" + counted(s.bytes, "byte") + " at " + std::to_string(s.offset) +
              ") is damaged: XXH3-64 " + hex64(found) + ", expected " + hex64(s.hash)};
}

uint64_t hash64(std::span<const uint8_t> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::string hex64(uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

void seal_header(Header& header) { header.hash = hash64(format::as_bytes(header).first(kHashOffset)); }

const SectionEntry* find_section(const Header& header, SectionKind kind, uint32_t owner) {
  for (uint32_t i = 0; i < header.section_count; ++i) {
    const SectionEntry& s = header.sections[i];
    if (s.kind == static_cast<uint32_t>(kind) && s.owner == owner) return &s;
  }
  return nullptr;
}

Expected<HeaderRead> read_header(std::span<const uint8_t> file, const std::string& path) {
  HeaderRead read;
  std::array<Header, format::kHeaderCopies> headers;
  int best = -1;
  for (size_t i = 0; i < headers.size(); ++i) {
    read.copies[i] = examine_copy(file, i * kBlock, headers[i]);
    if (read.copies[i] != HeaderCopyState::good) continue;
    if (best < 0 || headers[i].generation > headers[static_cast<size_t>(best)].generation)
      best = static_cast<int>(i);
  }
  if (best < 0) return explain_no_header(file, path, read.copies[0]);
  const Header& h = read.header = headers[static_cast<size_t>(best)];

  if (h.version != format::kVersion) {
    return Status(
        "data.version", path,
        "has dataset format version " + std::to_string(h.version) + "; this headrace reads version 1");
  }
  if ((h.incompatible & ~kKnownIncompatible) != 0) {
    return Status(
        "data.feature", path,
        "uses features this headrace does not know: " + unknown_features(h) + "; a newer headrace is needed");
  }
  HR_RETURN_IF_ERROR(check_numbers(h, file.size(), path));
  HR_RETURN_IF_ERROR(check_sections(h, file, path));
  return read;
}

}  // namespace headrace
