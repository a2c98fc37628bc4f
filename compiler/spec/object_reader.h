// Strict reading of a JSON object: every key must be known, required keys must be there.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/spec/json_tree.h"
#include "compiler/spec/reporter.h"

namespace headrace::spec {

class ObjectReader {
 public:
  /// Reports every key of `object` that is not in `keys`. `object` must be an object and outlive this.
  /// `owner`, if not empty, says in messages what the keys belong to.
  ObjectReader(const json::Value& object, std::string where, std::string_view owner,
               std::span<const std::string_view> keys, Reporter& errors);

  /// The key's value, or null.
  const json::Value* find(std::string_view key) const { return object_.find(key); }

  /// The key's value; if it is missing, null and an error that ends with `expected`. A key that was
  /// misspelt has been reported already and is not reported as missing too.
  const json::Value* require(std::string_view key, std::string_view expected);

  /// Whether an unknown key was taken for a misspelt `key`.
  bool misspelt(std::string_view key) const;

  /// JSON pointer of the object, and of one of its keys.
  const std::string& where() const { return where_; }
  std::string where(std::string_view key) const;

  Reporter& errors() { return errors_; }

 private:
  const json::Value& object_;
  std::string where_;
  std::string owner_;
  std::vector<std::string_view> misspelt_;
  Reporter& errors_;
};

}  // namespace headrace::spec
