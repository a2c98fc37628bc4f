// The bytes of a cache entry (docs/cache.md).
#pragma once

#include <string>
#include <string_view>

#include "headrace/object_cache.h"
#include "headrace/status.h"

namespace headrace::cache {

/// No entry is larger.
inline constexpr uint64_t kMaxEntryBytes = 256u << 20;

/// File name of an entry; and whether a name is one, with its key.
std::string entry_name(const std::string& key_hex);
bool is_entry_name(std::string_view name);
std::string key_of_name(std::string_view name);

std::string encode_entry(const CacheKey& key, std::string_view payload);

struct EntryView {
  std::string_view recipe, payload;  ///< within the bytes
};

/// Checks the bytes of the entry for a key. The error "cache.entry" says what is wrong, without a place.
Expected<EntryView> decode_entry(std::string_view bytes, std::string_view key_hex);

}  // namespace headrace::cache
