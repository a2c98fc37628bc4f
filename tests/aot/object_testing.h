// Objects made by hand, for tests of what is checked before one is loaded.
#pragma once

#include <cstdint>
#include <string>

#include "forged_object.h"

namespace headrace::testing {

/// forged_object() with the hash of its content, as a compiler would leave it.
Bytes sealed_object(const std::string& metadata, Arch arch = Arch::x86_64);

/// Writes a number over bytes of the metadata or the file.
template <class T, class Container>
void put(Container& bytes, size_t offset, T value) {
  for (size_t i = 0; i < sizeof value; ++i) {
    bytes[offset + i] = static_cast<typename Container::value_type>(static_cast<uint64_t>(value) >> (8 * i) & 0xFF);
  }
}

}  // namespace headrace::testing
