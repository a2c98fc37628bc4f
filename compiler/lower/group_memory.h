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
  loop::V scale;  ///< the source is decoded at so many eighths, and `src` is what is read of that; or not set
  struct Box {
    loop::V begin8, length8;
  } box[2];  ///< with a scale: what of `src` is resized, down and across, in eighths of a pixel
  bool scaled() const { return scale.b != nullptr; }
};

/// Byte offsets of the tables of both axes, and the lengths of their rows; all i64.
struct TableMemory {
  loop::V h_start, h_weight, h_taps, v_start, v_weight, v_taps;
  loop::V h_stride, v_stride;
};

/// Byte offsets from the start of the nest's scratch; all i64.
struct GroupMemory : TableMemory {
  loop::V row_offsets;
  loop::V strip, strip_stride;   ///< decoded rows
  loop::V columns;
  loop::V ring, row_bytes, plane_bytes, capacity;
  loop::V total;
};

loop::V align_up(loop::V v, int64_t to);

/// Hands out scratch memory from its start.
struct ScratchLayout {
  loop::V total;  ///< bytes handed out
  loop::V take(loop::V bytes);
};

/// Places the tables of both axes, for at most so many taps.
void take_tables(ScratchLayout& scratch, const ResampleValues& values, loop::V h_taps, loop::V v_taps, TableMemory& memory);

/// Bound on the taps of an axis (resample::taps_bound) as loop IR.
loop::V taps_bound(const std::string& filter, loop::V src, loop::V dst);

/// `image_width`: pixels of a row as decoded (the whole image's width), or null for a source in memory.
GroupMemory layout_group(const graph::Node& resample, const ResampleValues& values, const loop::V* image_width,
                         const Schedule& schedule);

/// Bytes of a row, and of the whole, of an image of such elements that a nest leaves in scratch.
loop::V scratch_row_bytes(const ResampleValues& values, graph::Elem elem);
loop::V scratch_image_bytes(const ResampleValues& values, graph::Elem elem);

/// The same where rows are dense, as users' functions get and leave them.
loop::V dense_row_bytes(const ResampleValues& values, graph::Elem elem);
loop::V dense_image_bytes(const ResampleValues& values, graph::Elem elem);

}  // namespace headrace::lowering
