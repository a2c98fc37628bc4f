// Where a loop nest keeps its tables, strip, columns and row ring in scratch memory. @plan and @run compute
// the same layout from the same slots.
#pragma once

#include "compiler/lower/strip_group.h"
#include "ir/loop_build.h"

namespace headrace::lowering {

/// Plan-time values of a resample's operands, each i64.
struct ResampleValues {
  loop::Values src;     ///< top, left, height, width
  loop::Values dst;     ///< height, width of the whole resized image
  loop::Values window;  ///< top, left, height, width
  loop::V pre_h, pre_v, post_h, post_v;
};

/// Byte offsets from the start of the nest's scratch; all i64.
struct GroupMemory {
  loop::V h_start, h_weight, h_taps, v_start, v_weight, v_taps, row_offsets;
  loop::V strip, strip_stride;   ///< decoded rows
  loop::V columns;
  loop::V ring, row_bytes, plane_bytes, capacity;
  loop::V h_stride, v_stride;    ///< table row lengths
  loop::V total;
};

loop::V align_up(loop::V v, int64_t to);

/// Bound on the taps of an axis (resample::taps_bound) as loop IR.
loop::V taps_bound(const std::string& filter, loop::V src, loop::V dst);

/// `image_width`: pixels of a row as decoded (the whole image's width), or null for a source in memory.
GroupMemory layout_group(const graph::Node& resample, const ResampleValues& values, const loop::V* image_width,
                         const Schedule& schedule);

/// Bytes of a row, and of the whole, of an image that a nest leaves in scratch.
loop::V scratch_row_bytes(const ResampleValues& values);
loop::V scratch_image_bytes(const ResampleValues& values);

}  // namespace headrace::lowering
