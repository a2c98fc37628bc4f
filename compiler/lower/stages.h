// The stages of a strip loop nest, one loop IR function each. A strip is R source rows
// (Schedule::strip_rows()); inside a strip data is column-major, a vector per column and channel with a row per lane, so the
// horizontal pass is load x broadcast weight. 8x8 transposes bring rows back for the vertical pass.
//
//   table_*       weight tables of one axis
//   columns_*     u8 rows, RGB interleaved -> i16 columns
//   horizontal_*  columns -> rows of the row ring, planar
//   vertical_*    ring rows -> pointwise ops -> output rows (holds the pipeline's constants)
//   copy_*        rows without resizing -> pointwise ops -> output rows
#pragma once

#include <string>
#include <vector>

#include "compiler/lower/schedule.h"
#include "ir/graph.h"
#include "ir/loop_build.h"
#include "ir/resample_table.h"

namespace headrace::lowering {

/// How the passes compute: Pillow's 8-bit arithmetic, q14 with every product rounded to 16 bits, or q14
/// with a 32-bit sum (axes with many taps).
enum class Arith : uint8_t { pillow8, q14, q14_wide };

/// Of an image in a pipeline: R, G, B.
inline constexpr int kChannels = 3;
/// Tables are padded to this many output indices.
inline constexpr int64_t kTablePad = 16;
/// Tables have at least this many taps (of weight zero if need be), so that the passes start without a loop.
inline constexpr int64_t kMinTaps = 2;

/// How many of them are written out before the loop over the rest. Of wide filters none: their loops are long, and
/// the code shall be short.
constexpr int64_t unrolled_taps(Arith arith) { return arith == Arith::q14_wide ? 0 : kMinTaps; }
/// Rows of the ring and of images in scratch are padded to this many pixels.
inline constexpr int64_t kRowPad = 64;

/// @NAME(src, dst, offset, count, pre, post: i64, start, weight, taps: ptr). Writes start[i] (i32),
/// weight[t][i] (i32; q14 twice, in both halves) with rows of count padded to kTablePad, and the taps (i64).
/// `boxed`: two parameters more, begin8 and length8 (i64), a resample::Box.
loop::Function build_table_stage(const std::string& name, resample::Shape shape, bool q14, const Schedule& s,
                                 bool boxed = false);

/// @NAME(src: ptr, stride, rows, bytes: i64, cols: ptr). Rows beyond `rows` repeat the last. q14 stores
/// (p - 128) * 256, else p. Reads up to 15 bytes beyond a row.
loop::Function build_columns_stage(const std::string& name, bool q14, const Schedule& s);

/// @NAME(cols, start, weight: ptr, taps, count, table_stride: i64, dst: ptr, row_bytes, plane_bytes, channels: i64).
/// Writes R rows of i16 of each channel, planar, `count` rounded up to 8 columns. `channels` is what the last parameter
/// always is, or 0 if it varies.
loop::Function build_horizontal_stage(const std::string& name, Arith arith, int channels, const Schedule& s);

/// What it is built for: q14_wide, which few images take, is one function for RGB and for planes.
constexpr int horizontal_channels(Arith arith, int channels) { return arith == Arith::q14_wide ? 0 : channels; }

/// Where finished rows go.
struct Store {
  Layout layout = Layout::nhwc;  ///< nchw, else interleaved
  int64_t height = graph::kDynamic, width = graph::kDynamic;  ///< static size of an output
  /// Outputs too large to stay in the caches until someone reads them are written past them.
  bool stream = false;
};

/// Outputs of at least this many bytes a sample are streamed, if their rows allow it.
inline constexpr int64_t kStreamBytes = 64 << 10;

/// Whether blocks of an output can be stored with streaming stores.
bool can_stream(const Store& store, graph::Elem elem, const Schedule& schedule);

/// The ops after the resample: nodes of the graph (affine, map, convert), in order.
using Pointwise = std::vector<const graph::Node*>;

/// @NAME(ring, start, weight, row_offsets, dst: ptr, taps, table_stride, capacity, row_bytes, plane_bytes, begin, end,
/// count, mirror, width, dst_stride: i64): output rows begin..end of the table, from q14/pillow8 ring rows.
/// row_offsets is working memory for an i64 per tap.
loop::Function build_vertical_stage(const std::string& name, Arith arith, const Pointwise& ops, const Store& store,
                                    const Schedule& s);

/// @NAME(src, dst: ptr, stride, rows, row, height, mirror_h, mirror_v, width, dst_stride: i64): `rows` source
/// rows, the first of which is row `row` of `height`. `source` is u8 or f32.
loop::Function build_copy_stage(const std::string& name, graph::Elem source, const Pointwise& ops, const Store& store,
                                const Schedule& s);

/// Shared by the stages.
struct PointwiseValue {
  loop::V v;         ///< u8, q6: i16 lanes; bf16: bits in i16 lanes; f16, f32 as they are
  graph::Elem elem;
};
/// Applies the ops to a block of pixels, a value per channel.
void apply_pointwise(const Pointwise& ops, std::vector<PointwiseValue>& channels);
/// Stores one block of `lanes` pixels (a value per channel) at column x of a row.
void store_block(const std::vector<PointwiseValue>& channels, const Store& store, loop::V dst, loop::V x,
                 loop::V plane_bytes);
int64_t elem_bytes(graph::Elem e);

/// Interleaves lanes within each 128-bit part, as the x86 unpack instructions do.
loop::V unpack(loop::V a, loop::V b, bool high);

/// Runs body with `x` for blocks of `lanes` pixels over a row: static widths end with an overlapping block,
/// dynamic ones run past the end into the padding.
void for_blocks(loop::Builder& b, const Store& store, loop::V width, int lanes, const std::function<void(loop::V)>& body);
/// Widest usable block for a store.
int block_lanes(const Store& store, int lanes);

}  // namespace headrace::lowering
