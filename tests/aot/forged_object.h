// Objects made by hand, by tests and fuzz targets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headrace/aot.h"

namespace headrace::testing {

/// What an object for x86-64 says of itself: two levels, two fields, two outputs, loader settings.
ObjectInfo some_object_info();

using Bytes = std::vector<uint8_t>;

/// An ELF shared object of a processor with this metadata, one segment and no code. Not sealed.
Bytes forged_object(const std::string& metadata, Arch arch = Arch::x86_64);

}  // namespace headrace::testing
