// JSON text as a tree that keeps what the checks need: the order of keys and how numbers were written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/spec/reporter.h"

namespace headrace::spec::json {

/// Limits of a text; beyond them it is refused before it can cost much.
inline constexpr size_t kMaxTextBytes = 1u << 20;
inline constexpr size_t kMaxDepth = 64;
inline constexpr size_t kMaxKeyBytes = 256;

enum class Kind : uint8_t { null, boolean, integer, real, string, list, object };

struct Member;

struct Value {
  Kind kind = Kind::null;
  bool boolean = false;
  int64_t integer = 0;          ///< Kind::integer
  double real = 0;              ///< Kind::integer and Kind::real; finite
  std::string text;             ///< string: its content; numbers: as written
  std::vector<Value> items;     ///< list
  std::vector<Member> members;  ///< object, in the order of the text

  /// The member of this name (the first, if there are several); null if there is none.
  const Value* find(std::string_view key) const;
};

struct Member {
  std::string key;
  Value value;
};

/// Parses a whole text. Reports spec.syntax (`where` is "line L, column C"), spec.too_large and
/// spec.too_deep, which give no tree, and spec.duplicate_key, which still does.
std::optional<Value> parse(std::string_view text, Reporter& errors);

}  // namespace headrace::spec::json
