// Random calls of the functions of tests/compiler/user_functions.c.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/compiler/random_stream.h"

namespace headrace::testing {

/// The file name of the library, as specs have it.
inline constexpr const char* kUserLibrary = "user_functions.so";

struct UserFunction {
  std::string_view symbol, in, out;  ///< types: "u8" or "f32"
  bool by_row;                       ///< may be called row by row, too
};

/// Those that random pipelines call; the simplest of its types comes first.
const std::vector<UserFunction>& user_functions();

/// A call of a function that takes and gives pixels of these types.
std::string random_call(RandomStream& random, std::string_view in, std::string_view out);

/// Puts one call or several between ops that begin with u8 pixels, wherever pixels are u8 or f32; the types
/// around them stay as they were. `places` says at which place among others each op stands, from `first` to
/// `last` and in order; the calls get theirs.
void add_random_calls(RandomStream& random, std::vector<std::string>& ops, std::vector<size_t>& places,
                      size_t first, size_t last);

}  // namespace headrace::testing
