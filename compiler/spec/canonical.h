// The one way to write a spec down.
#pragma once

#include <string>

#include "compiler/spec.h"

namespace headrace {

/// JSON text of a spec that parse_spec() returned: one line, every default filled in, keys in a fixed
/// order, numbers in their shortest form. Parsing it gives the same spec; two texts that mean the same
/// give the same line, whatever their order of keys, spacing and defaults.
std::string canonical_json(const spec::Spec& spec);

}  // namespace headrace
