// What of a shared object is looked at before the dynamic linker sees it: that it is one of ours, whole and unchanged.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headrace/isa.h"
#include "headrace/status.h"

namespace headrace::aot {

/// Largest object that is read.
inline constexpr uint64_t kMaxObjectBytes = 256u << 20;

struct ByteRange {
  size_t offset = 0, size = 0;
};

/// Places in the bytes of a 64-bit little-endian ELF shared object with a headrace note.
struct SharedObject {
  Arch arch = Arch::x86_64;
  std::vector<ByteRange> segments;  ///< what is loaded from the file, in the file's order
  ByteRange metadata;               ///< the note's content; inside a segment
};

/// Every place it returns lies within `file`. Errors: "object.elf", "object.metadata" (no such note, or several).
Expected<SharedObject> parse_shared_object(std::span<const uint8_t> file, const std::string& where);

/// XXH3-128 (low, high) over the segments in order, with zeros for the ELF header (its place for section headers changes
/// when symbols are stripped; parse_shared_object checks the rest) and for the hash in the metadata.
std::array<uint64_t, 2> content_hash(std::span<const uint8_t> file, const SharedObject& object);

/// Error "object.damaged" if the metadata gives another hash than the content has.
Status check_content(std::span<const uint8_t> file, const SharedObject& object, const std::string& where);

/// Writes the hash into the metadata of a freshly linked object. Errors as of parse_shared_object.
Status seal_content(std::span<uint8_t> file, const std::string& where);

}  // namespace headrace::aot
