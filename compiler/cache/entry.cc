#include "compiler/cache/entry.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace headrace::cache {
namespace {

constexpr std::string_view kSuffix = ".hro";
constexpr size_t kKeyDigits = 64;
constexpr char kMagic[8] = {'H', 'R', 'C', 'A', 'C', 'H', 'E', '\n'};
constexpr uint32_t kVersion = 1;

struct Head {
  char magic[8];
  uint32_t version;
  uint32_t recipe_bytes;
  uint64_t payload_bytes;
  uint64_t hash[2];  ///< XXH3-128 (low, high) of recipe and payload
  char key[kKeyDigits];
};
static_assert(sizeof(Head) == 104);

void set_hash(std::string_view content, uint64_t (&hash)[2]) {
  const XXH128_hash_t h = XXH3_128bits(content.data(), content.size());
  hash[0] = h.low64;
  hash[1] = h.high64;
}

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

}  // namespace

std::string entry_name(const std::string& key_hex) { return key_hex + std::string(kSuffix); }

bool is_entry_name(std::string_view name) {
  return name.size() == kKeyDigits + kSuffix.size() && name.ends_with(kSuffix) && is_hex(name.substr(0, kKeyDigits));
}

std::string key_of_name(std::string_view name) { return std::string(name.substr(0, kKeyDigits)); }

std::string encode_entry(const CacheKey& key, std::string_view payload) {
  const std::string content = key.recipe + std::string(payload);
  Head head{};
  std::memcpy(head.magic, kMagic, sizeof head.magic);
  head.version = kVersion;
  head.recipe_bytes = static_cast<uint32_t>(key.recipe.size());
  head.payload_bytes = payload.size();
  set_hash(content, head.hash);
  std::memcpy(head.key, key.hex.data(), std::min(key.hex.size(), sizeof head.key));
  return std::string(reinterpret_cast<const char*>(&head), sizeof head) + content;
}

Expected<EntryView> decode_entry(std::string_view bytes, std::string_view key_hex) {
  const auto refused = [](const char* why) { return Status("cache.entry", "", why); };
  Head head;
  if (bytes.size() < sizeof head) return refused("is too short");
  std::memcpy(&head, bytes.data(), sizeof head);
  if (std::memcmp(head.magic, kMagic, sizeof head.magic) != 0) return refused("does not start as an entry does");
  if (head.version != kVersion) return refused("has another version");
  if (std::string_view(head.key, sizeof head.key) != key_hex) return refused("is for another key");
  const std::string_view content = bytes.substr(sizeof head);
  if (head.recipe_bytes > content.size() || head.payload_bytes != content.size() - head.recipe_bytes) {
    return refused("has another length than it says");
  }
  uint64_t hash[2];
  set_hash(content, hash);
  if (std::memcmp(hash, head.hash, sizeof hash) != 0) return refused("is damaged");
  return EntryView{content.substr(0, head.recipe_bytes), content.substr(head.recipe_bytes)};
}

}  // namespace headrace::cache
