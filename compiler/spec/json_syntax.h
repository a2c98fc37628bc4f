// Messages for text that is not JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headrace::spec::json {

/// Where the parser stood when it met the error.
struct SyntaxContext {
  enum class Container { none, object, list };
  enum class Fault { token, bad_string, bad_word, overflow };

  Fault fault = Fault::token;
  size_t offset = 0;  ///< of the byte it read last; the text's size if the text ended
  Container container = Container::none;
  bool key_pending = false;  ///< an object's key was read, its value not yet begun
  std::string pointer;       ///< of the container
};

struct SyntaxError {
  std::string where;  ///< "line 3, column 5", counted in characters from 1
  std::string message;
};

/// "line L, column C" of a byte offset.
std::string text_position(std::string_view text, size_t offset);

/// Offset of the first byte that is not UTF-8 or is NUL, if there is one.
std::optional<size_t> find_invalid_byte(std::string_view text);

/// Says what was found at the error and what could have stood there. `text` is valid UTF-8, and JSON up
/// to the error.
SyntaxError describe_syntax_error(std::string_view text, const SyntaxContext& context);

}  // namespace headrace::spec::json
