// Sizes and rectangles of images that are decoded at 8, 4, 2 or 1 of 8 of their size, as loop IR (the
// definition is headrace/scaled.h). A scale is an i64.
#pragma once

#include "compiler/lower/group_memory.h"
#include "ir/loop_build.h"

namespace headrace::lowering {

/// Pixels of a scaled row or column; without a scale (a V that is not set) `length` itself.
loop::V scaled_length(loop::V length, loop::V scale);

/// The values of a resample whose source is decoded at `scale`: its rectangle becomes the scaled pixels that
/// it covers and, in eighths of them, what of these is resized.
ResampleValues scaled_values(ResampleValues values, loop::V scale);

/// log2 of a scale.
loop::V log2_of_scale(loop::V scale);

/// First pixel and number of pixels of the whole image that scaled pixels first to last are made from
/// (headrace::source_span).
struct SourcePixels {
  loop::V first, count;
};
SourcePixels source_pixels(loop::V first, loop::V last, loop::V scale, loop::V length);

}  // namespace headrace::lowering
