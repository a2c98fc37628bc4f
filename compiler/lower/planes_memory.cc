#include "compiler/lower/planes.h"
#include "headrace/planes.h"
#include "kernels/coefficient_rows.h"

namespace headrace::lowering {

using loop::Builder;
using loop::V;

namespace {

// A power of two, at least `least` and 2.
V power_of_two(V least) {
  V v = least - 1;
  for (int shift = 1; shift <= 32; shift *= 2) v = v | loop::lshr(v, shift);
  return v + 1;
}

}  // namespace

V chroma_taps(V taps) { return loop::lshr(taps, 1) + 2; }

V has_planes(const FieldAccess& field) {
  Builder& b = *field.fields.b;
  const V encoding = field.encoding(), limit = b.i64(kMaxPlaneSide);
  const V in_planes = (encoding == b.i64(HR_ENCODING_PACKED)) | (encoding == b.i64(HR_ENCODING_YCC));
  const V known = b.compare(loop::Pred::ule, field.planes(), b.i64(HR_PLANES_440));
  return in_planes & known & (field.width() <= limit) & (field.height() <= limit);
}

bool uses_planes(const graph::Node& resample, const Facts& facts) {
  return resample.int_attr("planes") == 1 && (facts.packed || facts.ycc);
}

bool scales_planes(const ResampleValues& values, const Facts& facts) {
  return values.scaled() && facts.packed;
}

PlanesMemory layout_planes(const graph::Node& node, const ResampleValues& r, V planes, const Facts& facts) {
  Builder& b = *planes.b;
  const std::string& filter = node.text_attr("filter");
  const V least = b.i64(kMinTaps);
  const V h_taps = max(taps_bound(filter, r.src[3], r.dst[1]), least),
          v_taps = max(taps_bound(filter, r.src[2], r.dst[0]), least);
  PlanesMemory m;
  ScratchLayout scratch{b.i64(0)};
  take_tables(scratch, r, h_taps, v_taps, m);
  m.ch_start = scratch.take(m.h_stride << 2);
  m.ch_weight = scratch.take(m.h_stride * chroma_taps(h_taps) << 2);
  m.cv_start = scratch.take(m.v_stride << 2);
  m.cv_weight = scratch.take(m.v_stride * chroma_taps(v_taps) << 2);
  m.coefficients = scratch.take(b.i64(sizeof(hr_coefficient_rows)));
  m.rows = scratch.take((v_taps + chroma_taps(v_taps)) << 3);
  // Whole blocks, or tiles of 16 columns, on both sides of the rectangle; taps of weight zero reach beyond.
  m.columns = scratch.take((r.src[3] + h_taps + 40) * kColumnBytes);
  m.row_bytes = align_up(r.window[3], kRowPad) << 1;
  // Rows that output rows wait for, and the next strip. An output row waits for chroma two rows longer than
  // for luma.
  const V luma_rows = power_of_two(v_taps + (kPlaneRows + 2));
  const bool scaled = scales_planes(r, facts);
  const V half = plane_grid(planes, scaled ? r.scale : V{}).word.down == b.i64(1);
  const V chroma_rows = b.select(half, power_of_two(chroma_taps(v_taps) + (kPlaneRows + 2)), luma_rows);
  m.luma_mask = luma_rows - 1;
  m.chroma_mask = chroma_rows - 1;
  // The horizontal pass writes 16 rows, of which those of a scaled image may be fewer: the rest reaches
  // beyond the last one.
  const int64_t beyond = scaled ? kPlaneRows : 0;
  m.luma = scratch.take(m.row_bytes * (luma_rows + beyond));
  m.chroma = scratch.take((m.row_bytes << 1) * (chroma_rows + beyond));
  m.total = scratch.total;
  return m;
}

}  // namespace headrace::lowering
