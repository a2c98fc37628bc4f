// The metadata of an ahead-of-time object as bytes (docs/aot.md): written by the compiler, checked by whoever loads.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "headrace/aot.h"
#include "headrace/status.h"

namespace headrace::aot {

inline constexpr uint32_t kMetadataVersion = 2;

/// Fixed part at the start of the metadata. Integers are little-endian.
struct MetadataHead {
  char magic[8];            ///< kMetadataMagic
  uint32_t version;         ///< kMetadataVersion
  uint32_t abi_version;     ///< HR_ABI_VERSION
  uint64_t bytes;           ///< of the metadata, this head included
  uint64_t content_hash[2]; ///< XXH3-128 (low, high) of what is loaded from the file (elf_file.h); 0 before linking
  uint64_t symbols;         ///< kernel_symbols_hash()
  uint8_t key[32];          ///< SHA-256
};
static_assert(sizeof(MetadataHead) == 80);

inline constexpr char kMetadataMagic[8] = {'H', 'R', 'A', 'O', 'T', 'M', 'D', '\n'};

/// Metadata of an object; its content hash is 0. info.key must be 64 hexadecimal digits.
std::string encode_metadata(const ObjectInfo& info);

/// Checks and reads it. `where` is the file's name, for errors "object.metadata", "object.abi", "object.symbols".
Expected<ObjectInfo> decode_metadata(std::span<const uint8_t> bytes, const std::string& where);

}  // namespace headrace::aot
