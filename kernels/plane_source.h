// The checks every reader of a plane encoding makes first.
#pragma once

#include <cinttypes>
#include <cstdint>

#include "headrace/planes.h"
#include "kernels/report.h"

namespace headrace {

/// HR_E_DECODE if no layout has this planes word, or an image of planes cannot be of this size.
inline hr_result known_layout(uint64_t planes, int64_t width, int64_t height, PlaneLayout& layout,
                              hr_error* error) {
  if (!plane_layout(planes, layout)) {
    report(error, HR_E_DECODE, "");
    std::snprintf(error->text, sizeof error->text, "the image's planes are of the unknown kind %" PRIu64,
                  planes);
    return HR_E_DECODE;
  }
  if (width > kMaxPlaneSide || height > kMaxPlaneSide) {
    report(error, HR_E_DECODE, "");
    std::snprintf(error->text, sizeof error->text,
                  "an image of planes cannot have %" PRId64 " x %" PRId64 " pixels", width, height);
    return HR_E_DECODE;
  }
  return HR_OK;
}

/// HR_E_SHORT if raw planes have fewer bytes than the image needs.
inline hr_result long_enough(const PlaneLayout& layout, int64_t width, int64_t height, uint64_t size,
                             hr_error* error) {
  const uint64_t needed = plane_bytes(layout, width, height);
  if (size >= needed) return HR_OK;
  report(error, HR_E_SHORT, "");
  error->args[0] = int64_t(size);
  error->args[1] = int64_t(needed);
  return HR_E_SHORT;
}

}  // namespace headrace
