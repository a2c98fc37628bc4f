// The kernel functions as generated code that was compiled ahead of time reaches them: by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "headrace/object.h"

namespace headrace {

/// How many functions symbols.def lists.
inline constexpr size_t kKernelCount = 0
#define HR_SYMBOL(name, args) +1
#include "kernels/symbols.def"
#undef HR_SYMBOL
    ;

/// kKernelCount functions in the order of symbols.def, for hr_decoder_head.
const hr_kernel_fn* kernel_table();

/// FNV-1a (64 bit) over names and numbers of arguments, in order: code and table must agree on it.
constexpr uint64_t kernel_symbols_hash() {
  uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  };
#define HR_SYMBOL(name, args) add(#name "/" #args ";");
#include "kernels/symbols.def"
#undef HR_SYMBOL
  return hash;
}

}  // namespace headrace
