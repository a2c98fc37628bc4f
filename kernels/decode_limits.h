// The limits on an image: what holds when nobody says otherwise, and what is said when one is passed.
#pragma once

#include <string>

#include "headrace/limits.h"
#include "kernels/decoder.h"

namespace headrace {

inline constexpr DecodeLimits kDefaultDecodeLimits;

constexpr DecodeLimits from_c_limits(const hr_decode_limits& l) {
  return {.max_pixels = l.max_pixels, .max_scans = l.max_scans, .max_memory = l.max_memory};
}
constexpr hr_decode_limits to_c_limits(const DecodeLimits& l) {
  return {.max_pixels = l.max_pixels, .max_memory = l.max_memory, .max_scans = l.max_scans};
}

enum class Limit : uint8_t { pixels, scans, memory };

/// "600 pixels, more than the limit of 599; --max-pixels raises it (DecodeLimits::max_pixels)", with a final
/// NUL.
void write_limit_message(Limit which, uint64_t asked, uint64_t limit, char* text, size_t capacity);
std::string limit_message(Limit which, uint64_t asked, uint64_t limit);
/// HR_E_LIMIT with this message and both numbers.
hr_result report_limit(hr_error* error, Limit which, uint64_t asked, uint64_t limit);

}  // namespace headrace
