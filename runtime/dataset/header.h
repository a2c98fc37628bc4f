// The header block: sealing it, and reading it back with every number checked against the file.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "headrace/status.h"
#include "runtime/dataset/format.h"

namespace headrace {

/// Sets the header's own hash; nothing may change afterwards.
void seal_header(format::Header& header);

enum class HeaderCopyState : uint8_t { good, damaged, foreign, missing };

/// What the file's header copies say. `header` is the newest good copy.
struct HeaderRead {
  format::Header header;
  std::array<HeaderCopyState, format::kHeaderCopies> copies{};
};

/// Reads the header and checks everything in it against the size of the file: magic, hash, version,
/// features, section directory. What the sections hold is not looked at. Errors: "data.not_hrd", "data.truncated", "data.header", "data.version",
/// "data.feature"; `path` is their place.
Expected<HeaderRead> read_header(std::span<const uint8_t> file, const std::string& path);

/// Compares what a section of a header that was read holds with its hash. Error: "data.section".
Status check_section_hash(std::span<const uint8_t> file, const format::SectionEntry& section,
                          const std::string& path);

/// The section of a kind and owner, which must exist exactly once for read_header() to succeed (schema,
/// records, pages) or null.
const format::SectionEntry* find_section(const format::Header& header, format::SectionKind kind,
                                         uint32_t owner);

/// XXH3-64 and how it is printed in messages (16 hexadecimal digits).
uint64_t hash64(std::span<const uint8_t> bytes);
std::string hex64(uint64_t value);

}  // namespace headrace
