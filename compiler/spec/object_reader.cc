#include "compiler/spec/object_reader.h"

#include <algorithm>
#include <utility>

#include "compiler/spec/suggest.h"
#include "compiler/spec/text.h"

namespace headrace::spec {

ObjectReader::ObjectReader(const json::Value& object, std::string where, std::string_view owner,
                           std::span<const std::string_view> keys, Reporter& errors)
    : object_(object), where_(std::move(where)), errors_(errors) {
  if (!owner.empty()) owner_ = " of " + std::string(owner);
  for (const json::Member& m : object.members) {
    if (std::find(keys.begin(), keys.end(), m.key) != keys.end()) continue;
    if (const auto near = nearest(m.key, keys)) misspelt_.push_back(*near);
    errors_.add("spec.unknown_key", this->where(m.key),
                "unknown key " + quote(m.key) + owner_ + hint(m.key, keys));
  }
}

const json::Value* ObjectReader::require(std::string_view key, std::string_view expected) {
  const json::Value* value = find(key);
  if (value == nullptr && !misspelt(key)) {
    errors_.add("spec.missing_key", where_,
                "missing key " + quote(key) + owner_ + "; expected " + std::string(expected));
  }
  return value;
}

bool ObjectReader::misspelt(std::string_view key) const {
  return std::find(misspelt_.begin(), misspelt_.end(), key) != misspelt_.end();
}

std::string ObjectReader::where(std::string_view key) const { return pointer_join(where_, key); }

}  // namespace headrace::spec
