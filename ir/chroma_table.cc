#include "ir/chroma_table.h"

#include <algorithm>

namespace headrace::resample {

Table compose_chroma(const Table& luma, const ChromaAxis& axis) {
  Table table;
  table.taps = chroma_taps(luma.taps);
  table.start.resize(luma.start.size());
  table.weight.assign(luma.start.size() * size_t(table.taps), 0);
  for (size_t i = 0; i < luma.start.size(); ++i) {
    const int64_t first = axis.offset + luma.start[i];
    const int64_t start = std::max<int64_t>(((first + 1) >> 1) - 1, 0);
    int32_t* out = &table.weight[i * size_t(table.taps)];
    // In quarters: each pixel takes 3 from the sample it lies in and 1 from the next nearest, within the
    // plane.
    for (int64_t t = 0; t < luma.taps; ++t) {
      const int32_t w = luma.weight[i * size_t(luma.taps) + size_t(t)];
      if (w == 0) continue;  // may lie outside the image
      const int64_t pixel = first + t, near = pixel >> 1;
      const int64_t next = std::clamp<int64_t>((pixel & 1) != 0 ? near + 1 : near - 1, 0, axis.samples - 1);
      out[near - start] += (axis.fancy ? 3 : 4) * w;
      if (axis.fancy) out[next - start] += w;
    }
    int32_t running = 0, previous = 0;
    for (int64_t t = 0; t < table.taps; ++t) {
      running += out[t];
      const int32_t rounded = (running + 2) >> 2;
      out[t] = rounded - previous;
      previous = rounded;
    }
    table.start[i] = int32_t(start);
  }
  return table;
}

}  // namespace headrace::resample
