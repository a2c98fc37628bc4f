#include "compiler/lower/group_memory.h"

#include "headrace/abi.h"

namespace headrace::lowering {

using loop::Builder;
using loop::V;

namespace {
constexpr int64_t kStripOffset = 8;
}

V ScratchLayout::take(V bytes) {
  const V here = total;
  total = total + align_up(bytes, HR_BUFFER_ALIGNMENT);
  return here;
}

void take_tables(ScratchLayout& scratch, const ResampleValues& r, V h_taps, V v_taps, TableMemory& m) {
  Builder& b = *h_taps.b;
  m.h_stride = align_up(r.window[3], kTablePad);
  m.v_stride = align_up(r.window[2], kTablePad);
  m.h_taps = scratch.take(b.i64(8));
  m.v_taps = scratch.take(b.i64(8));
  m.h_start = scratch.take(m.h_stride << 2);
  m.h_weight = scratch.take(m.h_stride * h_taps << 2);
  m.v_start = scratch.take(m.v_stride << 2);
  m.v_weight = scratch.take(m.v_stride * v_taps << 2);
}

V align_up(V v, int64_t to) { return (v + (to - 1)) & v.b->i64(-to); }

V taps_bound(const std::string& filter, V src, V dst) {
  Builder& b = *src.b;
  if (filter == "bilinear_point") return b.i64(2);
  if (filter == "nearest") return b.i64(1);
  const V shrink = (max(src, dst) + dst - 1) / dst;
  // "area" takes the larger bound of its two shapes.
  if (filter == "area") return max(shrink + 1, b.i64(2));
  return min(shrink * 2 + 1, src);
}

GroupMemory layout_group(const graph::Node& resample, const ResampleValues& r, const V* image_width,
                         const Schedule& schedule) {
  Builder& b = *r.src[0].b;
  const int64_t rows = schedule.strip_rows();
  GroupMemory m;
  ScratchLayout scratch{b.i64(0)};
  m.strip_stride = b.i64(0);
  m.strip = scratch.total;
  if (image_width) {
    m.strip_stride = align_up(*image_width * 3 + 15, HR_BUFFER_ALIGNMENT);  // tiles read up to 15 bytes on
    // libjpeg-turbo writes rows that are 16 or 32 byte aligned with streaming stores, past the cache that
    // the next stage reads them from: 0.11 ms an image. So they are never aligned.
    m.strip = scratch.take(m.strip_stride * rows + kStripOffset) + kStripOffset;
  }
  if (resample.text_attr("filter") == "none") {
    m.total = scratch.total;
    return m;
  }
  const std::string& filter = resample.text_attr("filter");
  const V least = b.i64(kMinTaps);
  const V h_taps = max(taps_bound(filter, r.src[3], r.dst[1]), least), v_taps = max(taps_bound(filter, r.src[2], r.dst[0]), least);
  take_tables(scratch, r, h_taps, v_taps, m);
  m.row_offsets = scratch.take(v_taps << 3);
  // Taps of weight zero may reach beyond the last column.
  m.columns = scratch.take((align_up(r.src[3] * 3, 16) + h_taps * 3) * (rows * 2));
  m.plane_bytes = align_up(r.window[3], kRowPad) << 1;
  m.row_bytes = m.plane_bytes * 3;
  m.capacity = align_up(v_taps + rows, rows);
  m.ring = scratch.take(m.row_bytes * m.capacity);
  m.total = scratch.total;
  return m;
}

V scratch_row_bytes(const ResampleValues& r, graph::Elem elem) {
  return align_up(r.window[3], kRowPad) * (3 * elem_bytes(elem));
}
V scratch_image_bytes(const ResampleValues& r, graph::Elem elem) {
  return scratch_row_bytes(r, elem) * r.window[2] + HR_BUFFER_ALIGNMENT;
}
V dense_row_bytes(const ResampleValues& r, graph::Elem elem) { return r.window[3] * (3 * elem_bytes(elem)); }
V dense_image_bytes(const ResampleValues& r, graph::Elem elem) {
  return dense_row_bytes(r, elem) * r.window[2] + HR_BUFFER_ALIGNMENT;
}

}  // namespace headrace::lowering
