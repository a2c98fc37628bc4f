// Which valid name a misspelt one was meant to be.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace headrace::spec {

/// Edits (insert, delete, replace, swap of neighbours; no letter is edited twice) between two names,
/// ASCII case ignored.
size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `name`, if it is near enough to be a slip of the keyboard: one edit per
/// three letters, two at most. Of equally near ones the first.
std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> candidates);

/// What to put after the report of an unknown name: `; did you mean "size"?` or, if nothing is near,
/// `; expected "op" or "size"` (empty if there are no candidates).
std::string hint(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace headrace::spec
