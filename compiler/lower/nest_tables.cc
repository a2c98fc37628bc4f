#include "compiler/lower/nest_tables.h"

namespace headrace::lowering {

using loop::Builder;
using loop::V;
using loop::Values;
using resample::Shape;

std::string table_stage_name(const TableKind& kind, bool q14) {
  static constexpr const char* kNames[] = {"triangle", "point", "nearest", "area_overlap", "area_linear"};
  return std::string("table_") + kNames[int(kind.shape)] + (q14 ? "_q14" : "_pillow8") +
         (kind.boxed ? "_box" : "");
}

std::vector<TableKind> table_kinds(const graph::Node& resample) {
  const std::string& filter = resample.text_attr("filter");
  const bool scaled = resample.operands.size() == 9;
  if (filter == "bilinear_point") return {{Shape::point}};
  if (filter == "nearest") return {{Shape::nearest}};
  // What is scaled shrinks.
  if (filter == "area") return {{Shape::area_overlap, scaled}, {Shape::area_linear}};
  return {{Shape::triangle, scaled}};
}

namespace {

V shrinks(const ResampleValues& r) { return (r.src[2] >= r.dst[0]) & (r.src[3] >= r.dst[1]); }

V is_wide(const std::string& filter, const ResampleValues& r, V src, V dst) {
  const V limit = src.b->i64(resample::kNarrowTaps);
  if (filter != "area") return taps_bound(filter, src, dst) > limit;
  const V shrink = (max(src, dst) + dst - 1) / dst;
  return (shrink + 1 > limit) & shrinks(r);
}

}  // namespace

void call_tables(Builder& b, const graph::Node& node, const ResampleValues& r, const TableMemory& m,
                 V working) {
  const bool q14 = node.text_attr("arith") == "q14";
  auto both = [&](const TableKind& kind) {
    const auto call = [&](Values args, const ResampleValues::Box& box) {
      if (kind.boxed) args.insert(args.end(), {box.begin8, box.length8});
      b.call_checked(table_stage_name(kind, q14), args);
    };
    call({r.src[3], r.dst[1], r.window[1], r.window[3], r.pre_h, r.post_h, working + m.h_start,
          working + m.h_weight, working + m.h_taps},
         r.box[1]);
    // The vertical table runs in order of source rows: a mirrored source is read through a mirrored window,
    // and the row an entry belongs to is mirrored when it is stored.
    call({r.src[2], r.dst[0], r.window[0], r.window[2], r.pre_v, r.pre_v, working + m.v_start,
          working + m.v_weight, working + m.v_taps},
         r.box[0]);
  };
  const std::vector<TableKind> kinds = table_kinds(node);
  if (kinds.size() == 1) return both(kinds[0]);
  b.if_(
      shrinks(r),
      [&] {
        both(kinds[0]);
        return Values{};
      },
      [&] {
        both(kinds[1]);
        return Values{};
      });
}

V across_is_wide(const std::string& filter, const ResampleValues& r) {
  return is_wide(filter, r, r.src[3], r.dst[1]);
}
V down_is_wide(const std::string& filter, const ResampleValues& r) {
  return is_wide(filter, r, r.src[2], r.dst[0]);
}

}  // namespace headrace::lowering
