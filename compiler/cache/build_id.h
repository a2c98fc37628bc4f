// Which build of a library is loaded.
#pragma once

#include <string>

namespace headrace::cache {

/// Hexadecimal digits of the GNU build id of the library or program that holds an address; empty if it has none.
std::string build_id_of(const void* address);

}  // namespace headrace::cache
