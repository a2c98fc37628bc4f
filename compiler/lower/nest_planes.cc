#include <cstddef>

#include "compiler/lower/nest_idct.h"
#include "compiler/lower/nest_tables.h"
#include "compiler/lower/planes.h"
#include "compiler/lower/scaled.h"
#include "kernels/coefficient_rows.h"

namespace headrace::lowering {

using loop::Builder;
using loop::Function;
using loop::kI32;
using loop::kI64;
using loop::kPtr;
using loop::Op;
using loop::Scalar;
using loop::V;
using loop::Values;

namespace {

// First and last chroma sample that pixels of [first, first + count) are interpolated from, or of a plane
// that is not subsampled the pixels themselves.
struct Span {
  V first, last;
};
Span chroma_span(V half, V first, V count, V samples) {
  Builder& b = *half.b;
  const V subsampled = half == b.i64(1), last = first + count - 1;
  return {b.select(subsampled, max(loop::lshr(first + 1, 1) - 1, b.i64(0)), first),
          b.select(subsampled, min(loop::lshr(last + 1, 1), samples - 1), last)};
}

// Stages that work on strips of RGB as well, if those have as many rows.
bool same_strips(const Schedule& s) { return s.strip_rows() == kPlaneRows; }
std::string columns_name(const Schedule& s) {
  return same_strips(s) ? columns_stage_name(true) : "columns_plane";
}
std::string horizontal_name(Arith arith, const Schedule& s) {
  if (arith == Arith::q14) return "horizontal_plane";
  return same_strips(s) ? horizontal_stage_name(arith) : "horizontal_plane_wide";
}
std::string chroma_table_name() { return "chroma_table"; }
std::string vertical_name(const StripGroup& g, Arith arith) {
  return group_stage_name(g, arith == Arith::q14_wide ? "vertical_planes_wide" : "vertical_planes");
}

class PlanesNest {
 public:
  PlanesNest(Builder& b, const EntryContext& ctx, const StripGroup& g)
      : b_(b), ctx_(ctx), g_(g), node_(ctx.graph[g.resample]), filter_(node_.text_attr("filter")) {}

  void build() {
    const V frame = b_.param(kPtr);
    working_ = b_.param(kPtr);
    dst_ = b_.param(kPtr);
    decoder_ = b_.load(kPtr, frame, kRunDecoder);
    error_ = b_.load(kPtr, frame, kRunError);
    const int64_t index = ctx_.field_index.at(ctx_.graph[node_.operands[0]].text_attr("name"));
    const FieldAccess field{b_.load(kPtr, frame, kRunFields), index};
    data_ = field.data();
    size_ = field.size();
    image_width_ = field.width();
    image_height_ = field.height();
    planes_ = field.planes();
    r_ = load_values(b_, ctx_, g_, b_.load(kPtr, frame, kRunSlots));
    if (scales_planes(r_, ctx_.facts)) scale_ = r_.scale;
    width_ = scaled_length(image_width_, scale_);
    height_ = scaled_length(image_height_, scale_);
    grid_ = plane_grid(planes_, scale_);
    word_ = grid_.word;
    dst_stride_ = output_stride(b_, g_, r_);
    m_ = layout_planes(node_, r_, planes_, ctx_.facts);
    packed_ = field.encoding() == b_.i64(HR_ENCODING_PACKED);
    chroma_width_ = ceil_half(width_, word_.across);
    chroma_height_ = ceil_half(height_, word_.down);
    call_tables(b_, node_, r_, m_, working_);
    h_taps_ = b_.load(kI64, at(m_.h_taps));
    v_taps_ = b_.load(kI64, at(m_.v_taps));
    rows_ = needed(m_.v_start, r_.window[2], v_taps_, r_.src[2]);
    columns_ = needed(m_.h_start, r_.window[3], h_taps_, r_.src[3]);
    top_ = r_.src[0] + rows_.first;
    left_ = r_.src[1] + columns_.first;
    last_row_ = r_.src[0] + rows_.last;
    last_column_ = r_.src[1] + columns_.last;
    across_ = chroma_span(word_.across, left_, last_column_ - left_ + 1, chroma_width_);
    down_ = chroma_span(word_.down, top_, last_row_ - top_ + 1, chroma_height_);
    open();
    h_wide_ = across_is_wide(filter_, r_);
    v_wide_ = down_is_wide(filter_, r_);
    chroma_tables();
    const V one = b_.i64(1);
    // Chroma's span covers that of luma.
    const V first_unit = grid_.chroma_rows.floor(down_.first),
            last_unit = grid_.chroma_rows.floor(down_.last);
    first_strip_ = grid_.luma_rows.floor(top_);
    const V strips_end = grid_.luma_rows.floor(last_row_) + 1;
    b_.for_(first_unit, last_unit + 1, one, {b_.i64(0)}, [&](V unit, const Values& done) {
      if (ctx_.facts.packed) {
        b_.if_(packed_, [&] {
          b_.call_checked("hr_packed_unit", {decoder_, unit, at(m_.coefficients), error_});
        });
      }
      b_.if_(b_.select(word_.gray, b_.i64(0), one) == one,
             [&] { b_.for_(b_.i64(0), b_.i64(2), one, [&](V c) { chroma_strip(unit, first_unit, c); }); });
      const V unit_strip = b_.select(grid_.two_strips == one, unit << 1, unit);
      const V begin = max(unit_strip, first_strip_), end = min(unit_strip + 1 + grid_.two_strips, strips_end);
      // Once also where only chroma is needed of the unit.
      return b_.for_(begin, max(end, begin + 1), one, done, [&](V strip, const Values& carried) {
        b_.if_(strip < end, [&] { luma_strip(strip, strip - unit_strip); });
        const V finished = finished_rows(grid_.luma_rows.times(min(strip + 1, end)) - r_.src[0], unit);
        vertical(carried[0], finished, first_unit);
        return Values{finished};
      });
    });
  }

 private:
  V at(V offset) { return working_ + offset; }
  V across() { return word_.across == b_.i64(1); }
  V down() { return word_.down == b_.i64(1); }
  V ceil_half(V v, V half) { return b_.select(half == b_.i64(1), loop::lshr(v + 1, 1), v); }

  void open() {
    if (ctx_.facts.packed) {
      b_.if_(packed_, [&] {
        SourcePixels rows{top_, last_row_ - top_ + 1}, columns{left_, last_column_ - left_ + 1};
        if (scale_.b) {
          rows = source_pixels(top_, last_row_, scale_, image_height_);
          columns = source_pixels(left_, last_column_, scale_, image_width_);
        }
        b_.call_checked("hr_packed_open",
                        {decoder_, data_, size_, image_width_, image_height_, planes_, rows.first,
                         columns.first, rows.count, columns.count, at(m_.coefficients), error_});
      });
    }
    if (!ctx_.facts.ycc) return;
    const V luma = width_ * height_, chroma = chroma_width_ * chroma_height_;
    luma_samples_ = luma;
    chroma_samples_ = chroma;
    const V needed = b_.select(word_.gray, luma, luma + (chroma << 1));
    b_.if_(b_.select(packed_, b_.i64(0), needed) > size_, [&] { fail(error_, HR_E_SHORT, {size_, needed}); });
  }

  void chroma_tables() {
    const V zero = b_.i64(0), one = b_.i64(1), three = b_.i64(3), four = b_.i64(4);
    const V wide_enough = chroma_width_ > b_.i64(2);
    const auto may = [&](V fancy) { return scale_.b ? fancy & grid_.interpolates : fancy; };
    b_.if_(across(), [&] {
      const V fancy = may(wide_enough);
      b_.call_checked(chroma_table_name(), {at(m_.h_start), at(m_.h_weight), h_taps_, m_.h_stride, r_.src[1],
                                            chroma_width_, b_.select(fancy, three, four),
                                            b_.select(fancy, one, zero), at(m_.ch_start), at(m_.ch_weight)});
    });
    // Gray has no chroma: its table has no weights, and what they would weigh may be anything.
    b_.if_(down() | word_.gray, [&] {
      const V fancy = may(wide_enough | (word_.across == zero));
      const V near = b_.select(word_.gray, zero, b_.select(fancy, three, four));
      const V next = b_.select(word_.gray, zero, b_.select(fancy, one, zero));
      b_.call_checked(chroma_table_name(), {at(m_.v_start), at(m_.v_weight), v_taps_, m_.v_stride, r_.src[0],
                                            chroma_height_, near, next, at(m_.cv_start), at(m_.cv_weight)});
    });
  }

  // Rows or columns of the rectangle that a table reads (resample::needed): what the window leaves out is not
  // decoded.
  Span needed(V start, V count, V taps, V size) {
    const auto entry = [&](V i) { return b_.convert(Op::sext, b_.load(kI32, at(start), i << 2), kI64); };
    const V a = entry(b_.i64(0)), z = entry(count - 1);
    return {min(a, z), min(max(a, z) + taps, size) - 1};
  }

  // A component, the first sample of its plane (ycc), and the plane's size.
  struct Plane {
    V component, offset, width, height;
    PowerOfTwo side;  // of a block
  };

  // A strip of a component, from the block of column `first` on, to m_.columns. `pair` is the strip's number
  // in the unit.
  void columns(const Plane& plane, V first, V last, V strip, V pair) {
    const V first_block = plane.side.floor(first);
    const auto from_coefficients = [&] {
      call_idct(b_, grid_, scale_.b != nullptr, plane.side,
                {at(m_.coefficients), plane.component, pair, first_block,
                 plane.side.floor(last) - first_block + 1, at(m_.columns)});
    };
    const auto from_samples = [&] {
      const V row = strip << 4, column = first_block << 3;
      const V src = data_ + (plane.offset + row * plane.width + column);
      b_.call_checked(
          columns_name(ctx_.schedule),
          {src, plane.width, min(plane.height - row, b_.i64(kPlaneRows)), last - column + 1, at(m_.columns)});
    };
    if (!ctx_.facts.ycc) return from_coefficients();
    if (!ctx_.facts.packed) return from_samples();
    b_.if_(
        packed_,
        [&] {
          from_coefficients();
          return Values{};
        },
        [&] {
          from_samples();
          return Values{};
        });
  }

  void by_width(V is_wide, const std::function<void(Arith)>& body) {
    b_.if_(
        is_wide,
        [&] {
          body(Arith::q14_wide);
          return Values{};
        },
        [&] {
          body(Arith::q14);
          return Values{};
        });
  }

  // The horizontal pass over m_.columns, the first of which is pixel `origin` of the table's.
  void horizontal(V origin, V start, V weight, V taps, V dst, V row_bytes) {
    const Values args{at(m_.columns) + origin * -kColumnBytes,
                      start,
                      weight,
                      taps,
                      align_up(r_.window[3], 8),
                      m_.h_stride,
                      dst,
                      row_bytes,
                      b_.i64(0),
                      b_.i64(1)};
    by_width(h_wide_, [&](Arith a) { b_.call_checked(horizontal_name(a, ctx_.schedule), args); });
  }

  void luma_strip(V strip, V pair) {
    columns({b_.i64(0), b_.i64(0), width_, height_, grid_.luma_side}, left_, last_column_, strip, pair);
    const V row = grid_.luma_rows.times(strip - first_strip_) & m_.luma_mask;
    horizontal(align(grid_.luma_side, left_) - r_.src[1], at(m_.h_start), at(m_.h_weight), h_taps_,
               at(m_.luma) + row * m_.row_bytes, m_.row_bytes);
  }

  // Of Cb (0) or Cr (1).
  void chroma_strip(V unit, V first_unit, V which) {
    const V offset = ctx_.facts.ycc ? luma_samples_ + which * chroma_samples_ : b_.i64(0);
    columns({which + 1, offset, chroma_width_, chroma_height_, grid_.chroma_side}, across_.first,
            across_.last, unit, b_.i64(0));
    const V row = grid_.chroma_rows.times(unit - first_unit) & m_.chroma_mask, row_bytes = m_.row_bytes << 1;
    const V origin = align(grid_.chroma_side, across_.first) - b_.select(across(), b_.i64(0), r_.src[1]);
    horizontal(origin, b_.select(across(), at(m_.ch_start), at(m_.h_start)),
               b_.select(across(), at(m_.ch_weight), at(m_.h_weight)),
               b_.select(across(), chroma_taps(h_taps_), h_taps_),
               at(m_.chroma) + row * row_bytes + which * m_.row_bytes, row_bytes);
  }
  V align(const PowerOfTwo& side, V v) { return scale_.b ? side.align(v) : v & b_.i64(-8); }

  V own_table() { return down() | word_.gray; }
  V cv_start() { return b_.select(own_table(), at(m_.cv_start), at(m_.v_start)); }
  V cv_taps() { return b_.select(own_table(), chroma_taps(v_taps_), v_taps_); }

  // How many output rows have all their source rows: luma up to row `ready` of the rectangle, chroma up to
  // `unit`.
  V finished_rows(V ready, V unit) {
    const loop::Type t = loop::vec(Scalar::i32, ctx_.schedule.vector_bits / 32);
    const V endless = b_.i64(INT32_MAX), chroma_ready = grid_.chroma_rows.times(unit + 1);
    const V luma_limit = b_.select(ready > rows_.last, endless, ready);
    const V chroma_limit = b_.select(down() & (chroma_ready <= down_.last), chroma_ready, endless);
    auto splat = [&](V v) { return b_.splat(b_.convert(Op::trunc, v, kI32), t.lanes); };
    const V luma_last = splat(luma_limit - v_taps_), chroma_last = splat(chroma_limit - cv_taps());
    const V none = b_.constant(t, 0), luma_start = at(m_.v_start), chroma_start = cv_start();
    const Values last = b_.for_(b_.i64(0), r_.window[2], b_.i64(t.lanes), {none}, [&](V i, const Values& c) {
      const V number = splat(i) + b_.iota(t) + 1;
      const V ok =
          (b_.load(t, luma_start, i << 2) <= luma_last) & (b_.load(t, chroma_start, i << 2) <= chroma_last);
      return Values{max(c[0], b_.select(ok, number, none))};
    });
    return b_.convert(Op::sext, b_.reduce_smax(min(last[0], splat(r_.window[2]))), kI64);
  }

  void vertical(V begin, V end, V first_unit) {
    const V zero = b_.i64(0), top = r_.src[0];
    // Rings begin with the first strip or unit; tables count from the rectangle's top, or the plane's.
    const V luma_base = top - grid_.luma_rows.times(first_strip_);
    const V chroma_base =
        b_.select(down(), zero - grid_.chroma_rows.times(first_unit), b_.select(word_.gray, zero, luma_base));
    const Values args{at(m_.luma),    at(m_.chroma),
                      at(m_.v_start), at(m_.v_weight),
                      cv_start(),     b_.select(own_table(), at(m_.cv_weight), at(m_.v_weight)),
                      at(m_.rows),    dst_,
                      v_taps_,        cv_taps(),
                      m_.v_stride,    m_.luma_mask,
                      m_.chroma_mask, luma_base,
                      chroma_base,    m_.row_bytes,
                      begin,          end,
                      r_.window[2],   r_.pre_v ^ r_.post_v,
                      r_.window[3],   dst_stride_};
    by_width(v_wide_, [&](Arith a) { b_.call_checked(vertical_name(g_, a), args); });
  }

  Builder& b_;
  const EntryContext& ctx_;
  const StripGroup& g_;
  const graph::Node& node_;
  const std::string& filter_;
  ResampleValues r_;
  V scale_;  // not set where images are not scaled
  PlaneGrid grid_;
  PlanesWord word_;
  PlanesMemory m_;
  V working_, dst_, dst_stride_, decoder_, error_;
  V image_width_, image_height_;  // whole; the others are those of the scaled image
  V data_, size_, width_, height_, planes_, packed_, luma_samples_, chroma_samples_, chroma_width_,
      chroma_height_, h_taps_, v_taps_, h_wide_, v_wide_, first_strip_;
  V top_, left_, last_row_, last_column_;  // of the pixels that are needed
  Span rows_, columns_;                    // the same within the rectangle
  Span across_, down_;
};

}  // namespace

void add_planes_nest(const StripGroup& group, const EntryContext& ctx,
                     const std::function<void(const std::string&, const std::function<Function()>&)>& add) {
  const Schedule& s = ctx.schedule;
  const bool scaled = ctx.graph[group.resample].operands.size() == 9;
  if (ctx.facts.packed) add_idct_stages(scaled, s, add);
  if (ctx.facts.ycc)
    add(columns_name(s), [&] { return build_columns_stage(columns_name(s), true, kPlaneSchedule); });
  add(chroma_table_name(), [&] { return build_chroma_table_stage(chroma_table_name(), s); });
  for (const Arith arith : group_ariths(ctx.graph[group.resample])) {
    const std::string across = horizontal_name(arith, s), down = vertical_name(group, arith);
    add(across,
        [&] { return build_horizontal_stage(across, arith, horizontal_channels(arith, 1), kPlaneSchedule); });
    add(down, [&] { return build_vertical_planes_stage(down, arith, group.ops, group.store, s); });
  }
  const std::string name = group_stage_name(group, "planes");
  add(name, [&] {
    Builder b(name);
    PlanesNest(b, ctx, group).build();
    return b.finish();
  });
}

}  // namespace headrace::lowering
