// Value arithmetic of the loop interpreter: lanes as plain arrays.
#pragma once

#include <cstdint>

#include "ir/loop.h"

namespace headrace::loop {

/// Applies a pure op to lane arrays (each at least 64 lanes long). `types` are those of the operands.
/// Returns null, or what rule of the op was broken.
const char* apply(const Inst& inst, const Type* types, Type result, const uint8_t* const* operands, uint8_t* out);

}  // namespace headrace::loop
