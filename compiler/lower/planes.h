// The loop nest of samples that are stored as component planes, as coefficients or as samples. Strips are 16
// rows of one component whatever the schedule: a vector of 16 lanes holds a column, the upper and the lower
// of two blocks.
//
//   @idct               coefficients of two rows of blocks -> columns
//   @idct_4, _2, _1     the same of four rows, at 4, 2 or 1 of 8 of the size
//   @columns_*          samples of a plane -> columns
//   @horizontal_plane_* columns -> rows of the component's ring
//   @chroma_table       weight table of subsampled chroma from that of luma
//   @vertical_planes_*  rings -> Y, Cb, Cr -> R, G, B -> pointwise ops -> output rows (holds the pipeline's
//   constants)
#pragma once

#include "compiler/lower/abi_layout.h"
#include "compiler/lower/group_memory.h"
#include "compiler/lower/plane_grid.h"
#include "compiler/lower/run.h"
#include "compiler/lower/stages.h"

namespace headrace::lowering {

/// Rows of a strip of one component.
inline constexpr int64_t kPlaneRows = 16;
/// Of a column of a strip.
inline constexpr int64_t kColumnBytes = 2 * kPlaneRows;
/// Strips have 16 rows, also where the pipeline's other loops work on more or fewer.
inline constexpr Schedule kPlaneSchedule{.vector_bits = 256};

/// @NAME(masks0, offsets0, dc0, masks1, offsets1, dc1, values, quant: ptr, first, count: i64, dst: ptr).
/// Blocks `first` to first + count - 1 of an upper (0) and a lower (1) row of blocks (hr_block_row) become 8
/// count columns of 16 rows of (p - 128) * 256. Transforms one or two columns of blocks at once; writes columns in
/// multiples of 16.
loop::Function build_idct_stage(const std::string& name, int columns_at_once);

/// @NAME(masks0, offsets0, dc0, ... masks3, offsets3, dc3, values, quant: ptr, first, count: i64, dst: ptr),
/// side 4, 2 or 1. As the stage above, from four rows of blocks to side x count columns of 4 side rows; the
/// rest of a column's 16 holds anything.
loop::Function build_reduced_idct_stage(const std::string& name, int side);

/// @NAME(start, weight: ptr, taps, padded, offset, samples, near, next: i64, chroma_start, chroma_weight:
/// ptr): the table of an axis with half as many samples, from luma's whose rows have `padded` entries
/// (ir/chroma_table.h). `offset` is the source rectangle's edge, near and next the quarters that a pixel
/// takes from its sample and the next one: 3 and 1, 4 and 0, or 0 and 0 for no weights at all.
loop::Function build_chroma_table_stage(const std::string& name, const Schedule& s);

/// @NAME(luma, chroma, luma_start, luma_weight, chroma_start, chroma_weight, rows, dst: ptr, luma_taps,
/// chroma_taps, table_stride, luma_mask, chroma_mask, luma_base, chroma_base, row_bytes, begin, end, count,
/// mirror, width, dst_stride: i64): as the vertical stage, from a ring of luma rows and one of rows of Cb and
/// Cr side by side. Source row r lies in row (r + base) & mask of its ring. `rows` is working memory for an
/// i64 per tap of both.
loop::Function build_vertical_planes_stage(const std::string& name, Arith arith, const Pointwise& ops,
                                           const Store& store, const Schedule& s);

/// Byte offsets from the start of the nest's scratch, and sizes; all i64.
struct PlanesMemory : TableMemory {                  // luma's tables
  loop::V ch_start, ch_weight, cv_start, cv_weight;  ///< chroma's, where it is subsampled
  loop::V coefficients;                              ///< an hr_coefficient_rows
  loop::V columns;                                   ///< of one strip of one component
  loop::V luma, chroma;                              ///< rings of rows
  loop::V rows;                                      ///< working memory of the vertical stage
  loop::V row_bytes, luma_mask, chroma_mask;         ///< of one component; rows of a ring less one
  loop::V total;
};

/// Whether a field is stored as planes of luma and chroma, and may be: an i1. What is not is left to
/// hr_image_open() to decode or refuse.
loop::V has_planes(const FieldAccess& field);

/// Taps of a chroma table, given those of the luma's (resample::chroma_taps).
loop::V chroma_taps(loop::V luma_taps);

/// Whether the nest reads images at a scale: the resample has one, and there are coefficients to be scaled.
bool scales_planes(const ResampleValues& values, const Facts& facts);

/// `planes` is a word that has_planes() takes.
PlanesMemory layout_planes(const graph::Node& resample, const ResampleValues& values, loop::V planes,
                           const Facts& facts);

/// Whether a group's samples can take the nest of planes.
bool uses_planes(const graph::Node& resample, const Facts& facts);

/// Appends the nest of a group by `add(name, build)`, and before it the stages that it calls.
///
/// @planes_NAME(frame, working, dst: ptr): one sample's planes to rows at dst. `frame` is an hr_run_frame,
/// `working` the nest's scratch memory.
void add_planes_nest(
    const StripGroup& group, const EntryContext& context,
    const std::function<void(const std::string&, const std::function<loop::Function()>&)>& add);

}  // namespace headrace::lowering
