// Counts and their nouns, for messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headrace {

/// "byte" for 1, else "bytes"; "class" and "classes", "batch" and "batches".
inline std::string noun_for(uint64_t n, std::string_view noun) {
  if (n == 1) return std::string(noun);
  const bool hisses =
      noun.ends_with("s") || noun.ends_with("x") || noun.ends_with("ch") || noun.ends_with("sh");
  return std::string(noun) + (hisses ? "es" : "s");
}

/// "1 byte", "2 bytes".
inline std::string counted(uint64_t n, std::string_view noun) {
  return std::to_string(n) + " " + noun_for(n, noun);
}

}  // namespace headrace
