// Text pieces that messages and canonical specs are made of.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace headrace::spec {

/// The JSON string literal of `s` (UTF-8), quotes included.
std::string json_string(std::string_view s);

/// For messages: the JSON string literal of `s`, with all but its first 64 bytes or so left out.
std::string quote(std::string_view s);

/// JSON pointer of a member of the object at `base`: "~" and "/" in the key are escaped, and control
/// characters as in a JSON string, so that no key can write on the terminal that shows an error.
std::string pointer_join(std::string_view base, std::string_view key);

/// JSON pointer of an element of the list at `base`.
std::string pointer_join(std::string_view base, size_t index);

/// Shortest decimal text that reads back as the same double; the same on every machine and locale.
std::string number_text(double value);

/// `"a", "b" or "c"`; of a long list only the first 24 names.
std::string name_list(std::span<const std::string_view> names);

}  // namespace headrace::spec
