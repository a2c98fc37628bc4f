// Weight tables of subsampled chroma: upsampling to full resolution, then resampling as luma is, as one table
// that reads the chroma plane directly. This is the definition; generated code repeats it.
#pragma once

#include <cstdint>

#include "ir/resample_table.h"

namespace headrace::resample {

/// One axis of a plane that has one sample for two pixels.
struct ChromaAxis {
  int64_t offset = 0;  ///< of the luma table's index 0 in the whole image: the source rectangle's left or top
  int64_t samples = 1;  ///< of the whole plane along the axis: ceil(pixels / 2)
  bool fancy = false;   ///< interpolated (triangle) rather than repeated
};

/// Taps of a chroma table, given those of the luma table it is made from.
constexpr int64_t chroma_taps(int64_t luma_taps) { return luma_taps / 2 + 2; }

/// The chroma table of a luma table (q14, of an axis whose source is at least partly inside the whole image).
/// Indices are samples of the whole plane, weights have 14 fraction bits and the same sum.
Table compose_chroma(const Table& luma, const ChromaAxis& axis);

}  // namespace headrace::resample
