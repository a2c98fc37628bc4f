// Entries of the object cache: any bytes, and any bytes with the right hash.
#include <algorithm>
#include <string>

#include "compiler/cache/entry.h"
#include "mutator.h"
#include "target.h"

namespace headrace::fuzz {
namespace {

constexpr size_t kKeyAt = 40, kKeyDigits = 64;

void check(const std::string& bytes) {
  const std::string key = bytes.size() < kKeyAt + kKeyDigits ? std::string(kKeyDigits, '0') : bytes.substr(kKeyAt, kKeyDigits);
  const auto entry = cache::decode_entry(bytes, key);
  if (!entry.ok()) return;
  const CacheKey whole{key, std::string(entry.value().recipe)};
  if (cache::encode_entry(whole, entry.value().payload) != bytes) fail("what was read is written again the same", "it differs");
}

}  // namespace
}  // namespace headrace::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  headrace::fuzz::check(bytes);
  // The same as an entry's content, cut in two where its first byte says.
  const size_t cut = bytes.empty() ? 0 : std::min<size_t>(data[0], size);
  headrace::fuzz::check(headrace::cache::encode_entry({std::string(64, 'a'), bytes.substr(0, cut)}, bytes.substr(cut)));
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned) {
  return LLVMFuzzerMutate(data, size, max_size);
}
