// The C header of an ahead-of-time object.
#pragma once

#include <string>

#include "headrace/aot.h"

namespace headrace {

/// Text that documents what the object holds and declares its descriptor.
std::string object_c_header(const ObjectInfo& info);

}  // namespace headrace
