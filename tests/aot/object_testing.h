// Objects made by hand, for tests of what is checked before one is loaded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/aot.h"

namespace headrace::testing {

/// What an object for this machine says of itself: two levels, two fields, two outputs, loader settings.
ObjectInfo some_object_info();

using Bytes = std::vector<uint8_t>;

/// An ELF shared object of the info's processor with this metadata, one segment and no code. Not sealed.
Bytes forged_object(const std::string& metadata, Arch arch = Arch::x86_64);

/// The same with the hash of its content, as a compiler would leave it.
Bytes sealed_object(const std::string& metadata, Arch arch = Arch::x86_64);

/// Writes a number over bytes of the metadata or the file.
template <class T, class Container>
void put(Container& bytes, size_t offset, T value) {
  for (size_t i = 0; i < sizeof value; ++i) {
    bytes[offset + i] = static_cast<typename Container::value_type>(static_cast<uint64_t>(value) >> (8 * i) & 0xFF);
  }
}

}  // namespace headrace::testing
