#include "compiler/pipeline/coefficient_regions.h"

#include <algorithm>
#include <bit>

#include "headrace/planes.h"
#include "kernels/coefficient_rows.h"

namespace headrace {
namespace {

// What hr_packed_open() was asked for: image width, planes, left, columns.
enum : size_t { kWidth, kPlanes, kLeft, kColumns, kWords };

// Values that may be read beyond the last one, and pixels that a rectangle is widened by.
constexpr size_t kReadableValues = 32;
constexpr int64_t kMargin = 2;

void opened(std::span<const uint64_t> args, std::vector<uint64_t>& memory,
            std::vector<loop::Region>& regions) {
  memory = {args[3], args[5], args[7], args[9]};
  regions.clear();
}

void unit_ready(std::span<const uint64_t> args, std::vector<uint64_t>& memory,
                std::vector<loop::Region>& regions) {
  regions.clear();
  PlaneLayout layout;
  if (memory.size() != kWords || !plane_layout(memory[kPlanes], layout)) return;
  const auto& out = *reinterpret_cast<const hr_coefficient_rows*>(args[2]);
  const int64_t width = int64_t(memory[kWidth]), left = int64_t(memory[kLeft]);
  const int64_t begin = std::max<int64_t>(left - kMargin, 0),
                end = std::min(left + int64_t(memory[kColumns]) + kMargin, width);
  uint64_t first_value = UINT64_MAX, values_end = 0;
  for (int c = 0; c < layout.components; ++c) {
    const int64_t block = 8 * (c == 0 ? 1 : layout.h_max);
    const size_t first = size_t(begin / block), count = size_t((end - 1) / block) - first + 1;
    regions.push_back({out.quant[c], 64 * sizeof(int16_t)});
    for (int r = 0; r < (c == 0 ? 2 * layout.v_max : 2); ++r) {
      const hr_block_row& row = out.rows[c][r];
      regions.push_back({row.masks + first, count * sizeof(uint64_t)});
      regions.push_back(
          {row.offsets + HR_COEFFICIENT_GROUPS * first, count * HR_COEFFICIENT_GROUPS * sizeof(uint32_t)});
      regions.push_back({row.dc + first, count * sizeof(int16_t)});
      for (size_t k = HR_COEFFICIENT_GROUPS * first; k < HR_COEFFICIENT_GROUPS * (first + count); ++k) {
        const uint64_t mask =
            row.masks[k / HR_COEFFICIENT_GROUPS] >> (16 * (k % HR_COEFFICIENT_GROUPS)) & 0xFFFF;
        first_value = std::min<uint64_t>(first_value, row.offsets[k]);
        values_end = std::max<uint64_t>(values_end, row.offsets[k] + uint64_t(std::popcount(mask)));
      }
    }
  }
  regions.push_back(
      {out.values + first_value, (values_end + kReadableValues - first_value) * sizeof(int16_t)});
}

}  // namespace

loop::RegionsFn coefficient_regions_of(std::string_view symbol) {
  if (symbol == "hr_packed_open") return opened;
  return symbol == "hr_packed_unit" ? unit_ready : nullptr;
}

}  // namespace headrace
