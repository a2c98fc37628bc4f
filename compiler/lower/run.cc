#include "compiler/lower/run.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "compiler/lower/abi_layout.h"
#include "compiler/lower/geometry.h"
#include "compiler/lower/nest_tables.h"
#include "compiler/lower/planes.h"
#include "compiler/lower/scaled.h"
#include "compiler/lower/vector_output.h"
#include "headrace/philox.h"
#include "ir/graph_calls.h"

namespace headrace::lowering {

using graph::Kind;
using graph::Node;
using loop::Builder;
using loop::Function;
using loop::kI32;
using loop::kI64;
using loop::kPtr;
using loop::Op;
using loop::Scalar;
using loop::V;
using loop::Values;

std::string group_stage_name(const StripGroup& group, const char* kind) { return std::string(kind) + "_" + group.name; }
std::string columns_stage_name(bool q14) { return q14 ? "columns_q14" : "columns_pillow8"; }
std::string horizontal_stage_name(Arith arith) {
  return arith == Arith::pillow8 ? "horizontal_pillow8" : arith == Arith::q14 ? "horizontal_q14" : "horizontal_q14_wide";
}
ResampleValues resample_values(const Node& r, const std::function<Values(size_t)>& operand) {
  ResampleValues values;
  values.src = operand(1);
  values.dst = operand(2);
  values.window = operand(3);
  values.pre_h = operand(4)[0];
  values.pre_v = operand(5)[0];
  values.post_h = operand(6)[0];
  values.post_v = operand(7)[0];
  return r.operands.size() == 9 ? scaled_values(values, operand(8)[0]) : values;
}

std::vector<Arith> group_ariths(const Node& r) {
  if (r.text_attr("arith") == "q14") return {Arith::q14, Arith::q14_wide};
  return {Arith::pillow8};
}

ResampleValues load_values(Builder& b, const EntryContext& ctx, const StripGroup& g, V slots) {
  const Node& r = ctx.graph[g.resample];
  auto load = [&](size_t operand) {
    const graph::ValueId id = r.operands[operand];
    Values v;
    for (int k = 0; k < slots_of(ctx.graph[id]); ++k) v.push_back(b.load(kI64, slots, 8 * (ctx.slots[id] + k)));
    return v;
  };
  return resample_values(r, load);
}

V output_stride(Builder& b, const StripGroup& g, const ResampleValues& r) {
  if (g.store.width == graph::kDynamic) return scratch_row_bytes(r, g.elem);
  return b.i64(g.store.width * elem_bytes(g.elem) * (g.store.layout == Layout::nchw ? 1 : 3));
}

namespace {

constexpr int64_t kKnownEncodings =
    1 << HR_ENCODING_JPEG | 1 << HR_ENCODING_RGB | 1 << HR_ENCODING_PACKED | 1 << HR_ENCODING_YCC;

class RunBuilder {
 public:
  explicit RunBuilder(const EntryContext& ctx) : ctx_(ctx), b_("run") {}

  Function build() {
    frame_ = b_.param(kPtr);
    fields_ = b_.load(kPtr, frame_, kRunFields);
    slots_ = b_.load(kPtr, frame_, kRunSlots);
    scratch_ = b_.load(kPtr, frame_, kRunScratch);
    outputs_ = b_.load(kPtr, frame_, kRunOutputs);
    decoder_ = b_.load(kPtr, frame_, kRunDecoder);
    error_ = b_.load(kPtr, frame_, kRunError);
    scalars();
    V images = b_.i64(0);
    for (const StripGroup& g : ctx_.groups) {
      if (g.output >= 0) continue;
      image_offset_[g.strips] = images;
      images = images + align_up(scratch_image_bytes(values(g), g.elem), HR_BUFFER_ALIGNMENT);
    }
    const std::vector<graph::ValueId> calls = call_nodes();
    for (const graph::ValueId id : calls) {
      image_offset_[id] = images;
      const V bytes = dense_image_bytes(values(operand_of(id)), ctx_.graph[id].type.elem);
      images = images + align_up(bytes, HR_BUFFER_ALIGNMENT);
    }
    working_ = scratch_ + images;
    for (const StripGroup& g : ctx_.groups) check_alignment(g);
    // In the graph's order, so that of several errors the same one is met first as by its interpreter.
    const std::vector<std::pair<graph::ValueId, size_t>> rows = row_outputs();
    size_t row = 0, called = 0;
    bool streams = false;
    const auto others_before = [&](graph::ValueId id) {
      while (true) {
        const graph::ValueId next_row = row < rows.size() ? rows[row].first : id;
        const graph::ValueId next_call = called < calls.size() ? calls[called] : id;
        if (std::min(next_row, next_call) >= id) return;
        if (next_row < next_call) row_output(rows[row++].second);
        else call(calls[called++]);
      }
    };
    for (const StripGroup& g : ctx_.groups) {
      others_before(g.strips);
      group(g);
      streams = streams || g.store.stream;
    }
    others_before(graph::kNoValue);
    if (streams) b_.fence();
    return b_.finish();
  }

 private:
  ResampleValues values(const StripGroup& g) { return load_values(b_, ctx_, g, slots_); }

  // Outputs that are converted scalar fields.
  void scalars() {
    for (size_t k = 0; k < ctx_.graph.outputs.size(); ++k) {
      const Node& n = ctx_.graph[ctx_.graph.outputs[k].value];
      if (n.type.kind != Kind::scalar) continue;
      const Node& source = ctx_.graph[n.operands[0]];
      const FieldAccess field{fields_, ctx_.field_index.at(source.text_attr("name"))};
      const V out = b_.load(kPtr, outputs_, int64_t(8 * k));
      if (n.type.dtype == DType::i64) {
        b_.store(field.value(kI64), out);
      } else if (source.type.kind == Kind::i64) {
        b_.store(b_.convert(Op::sitofp, field.value(kI64), loop::kF32), out);
      } else {
        b_.store(b_.convert(Op::fptrunc, field.value(loop::kF64), loop::kF32), out);
      }
    }
  }

  // Streamed stores need aligned outputs (abi.h); one that is not would crash.
  void check_alignment(const StripGroup& g) {
    if (!g.store.stream) return;
    const int64_t align = int64_t(loop::kStreamAlignment);
    const V address = b_.convert(Op::address, b_.load(kPtr, outputs_, int64_t(8 * g.output)), kI64);
    const V off = address & b_.i64(align - 1);
    b_.if_(off > b_.i64(0), [&] { fail(error_, HR_E_ALIGNMENT, {b_.i64(g.output), b_.i64(align)}); });
  }

  // Outputs that are fields of kind bytes or vectors, each with the node that can fail, in the order of these.
  std::vector<std::pair<graph::ValueId, size_t>> row_outputs() const {
    std::vector<std::pair<graph::ValueId, size_t>> rows;
    for (size_t k = 0; k < ctx_.graph.outputs.size(); ++k) {
      const graph::ValueId value = ctx_.graph.outputs[k].value;
      if (ctx_.graph[value].type.kind == Kind::row) rows.emplace_back(value, k);
      if (ctx_.graph[value].type.kind == Kind::vector) rows.emplace_back(one_hot_of(ctx_.graph, value), k);
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  std::vector<graph::ValueId> call_nodes() const {
    std::vector<graph::ValueId> nodes;
    for (graph::ValueId id = 0; id < ctx_.graph.nodes.size(); ++id) {
      if (ctx_.graph[id].op == graph::Op::call) nodes.push_back(id);
    }
    return nodes;
  }

  // The nest that leaves the image which is handed to a function.
  const StripGroup& operand_of(graph::ValueId call) const {
    return group_of(ctx_.groups, ctx_.graph[call].operands[0]);
  }

  void call(graph::ValueId id) {
    const Node& n = ctx_.graph[id];
    const StripGroup& from = operand_of(id);
    const ResampleValues r = values(from);
    const auto number = int64_t(graph::call_index(graph::calls_of(ctx_.graph), n));
    const int64_t kind = graph::call_kind(n, ctx_.graph[n.operands[0]].type);
    const auto op = int64_t(philox::op_hash(n.text_attr("rng")));
    const V in = scratch_ + image_offset_.at(from.strips), out = scratch_ + image_offset_.at(id);
    b_.call_checked("hr_user_call",
                    {decoder_, b_.load(kPtr, frame_, kRunFunctions), b_.i64(number), in,
                     scratch_row_bytes(r, from.elem), working_, out, r.window[2], r.window[3], b_.i64(kind),
                     b_.i64(op), frame_ + kRunKey, error_});
  }

  void row_output(size_t output) {
    const graph::ValueId value = ctx_.graph.outputs[output].value;
    if (ctx_.graph[value].type.kind == Kind::row) return byte_row(output);
    const Node& field = ctx_.graph[ctx_.graph[one_hot_of(ctx_.graph, value)].operands[0]];
    const V label = FieldAccess{fields_, ctx_.field_index.at(field.text_attr("name"))}.value(kI64);
    store_vector(ctx_.graph, value, label, b_.load(kPtr, outputs_, int64_t(8 * output)), error_, ctx_.schedule.vector_bits);
  }

  // Copies a field of kind bytes to its output, padded with zeros.
  void byte_row(size_t output) {
    const Node& n = ctx_.graph[ctx_.graph.outputs[output].value];
    const V out = b_.load(kPtr, outputs_, int64_t(8 * output));
    const FieldAccess field{fields_, ctx_.field_index.at(ctx_.graph[n.operands[0]].text_attr("name"))};
    const V size = field.size(), length = b_.i64(n.int_attr("length")), one = b_.i64(1), data = field.data();
    const loop::Type byte = loop::vec(Scalar::i8, 1);
    b_.if_(size > length, [&] { fail(error_, HR_E_LIMIT, {size, length}); });
    b_.for_(b_.i64(0), size, one, [&](V i) { b_.store(b_.load(byte, data, i), out, i); });
    b_.for_(size, length, one, [&](V i) { b_.store(b_.constant(byte, 0), out, i); });
  }

  // Runs `body` with (pointer to row 0 of the strip, stride, rows, first row) for every strip of R source rows.
  using StripBody = std::function<Values(V src, V stride, V rows, V first, const Values& carried)>;
  void strips(const ResampleValues& r, const Values& init, const std::function<V(V first, V rows)>& rows_at, V stride,
              const StripBody& body) {
    const V step = b_.i64(ctx_.schedule.strip_rows());
    b_.for_(b_.i64(0), r.src[2], step, init, [&](V first, const Values& carried) {
      const V rows = min(r.src[2] - first, step);
      return body(rows_at(first, rows), stride, rows, first, carried);
    });
  }

  void group(const StripGroup& g) {
    const Node& node = ctx_.graph[g.resample];
    const Node& source = ctx_.graph[node.operands[0]];
    const ResampleValues r = values(g);
    const V dst = g.output >= 0 ? b_.load(kPtr, outputs_, int64_t(8 * g.output)) : scratch_ + image_offset_.at(g.strips);
    if (source.type.kind != Kind::coded) {
      const GroupMemory m = layout_group(node, r, nullptr, ctx_.schedule);
      // What a nest has left there, or a function that got it.
      const bool called = source.op == graph::Op::call;
      const graph::ValueId image = node.operands[0];
      const ResampleValues left = values(called ? operand_of(image) : group_of(ctx_.groups, image));
      const V stride = called ? dense_row_bytes(left, g.source) : scratch_row_bytes(left, g.source);
      const V first_pixel = r.src[0] * stride + r.src[1] * (3 * elem_bytes(g.source));
      const V pixels = scratch_ + image_offset_.at(image) + first_pixel;
      nest(g, r, m, dst, stride, [&](V first, V) { return pixels + first * stride; });
      return;
    }
    const FieldAccess field{fields_, ctx_.field_index.at(source.text_attr("name"))};
    if (node.int_attr("planes") != 1) return pixels(g, r, field, dst);
    const V encoding = field.encoding(), in_planes = has_planes(field);
    for (const auto& [code, compiled] : {std::pair{HR_ENCODING_PACKED, ctx_.facts.packed}, {HR_ENCODING_YCC, ctx_.facts.ycc}}) {
      if (compiled) continue;
      b_.if_(in_planes & (encoding == b_.i64(code)), [&] {
        fail(error_, HR_E_ENCODING, {encoding, b_.i64(compiled_encodings())});
      });
    }
    if (!uses_planes(node, ctx_.facts)) return pixels(g, r, field, dst);
    b_.if_(in_planes, [&] {
      b_.call_checked(group_stage_name(g, "planes"), {frame_, working_, dst});
      return Values{};
    }, [&] {
      pixels(g, r, field, dst);
      return Values{};
    });
  }

  int64_t compiled_encodings() const {
    int64_t known = kKnownEncodings;
    if (!ctx_.facts.packed) known &= ~(int64_t{1} << HR_ENCODING_PACKED);
    if (!ctx_.facts.ycc) known &= ~(int64_t{1} << HR_ENCODING_YCC);
    return known;
  }

  // A coded image, a strip of its rows in RGB at a time.
  void pixels(const StripGroup& g, const ResampleValues& r, const FieldAccess& field, V dst) {
    const Node& node = ctx_.graph[g.resample];
    const V width = field.width(), height = field.height();
    const V decoded_width = scaled_length(width, r.scale);
    const GroupMemory m = layout_group(node, r, &decoded_width, ctx_.schedule);
    const V encoding = field.encoding();
    const auto is = [&](int64_t e) { return encoding == b_.i64(e); };
    const V is_coded = is(HR_ENCODING_JPEG) | is(HR_ENCODING_PACKED) | is(HR_ENCODING_YCC);
    b_.if_(b_.select(is_coded | is(HR_ENCODING_RGB), b_.i64(0), b_.i64(1)) == b_.i64(1),
           [&] { fail(error_, HR_E_ENCODING, {encoding, b_.i64(kKnownEncodings)}); });
    const V strip = working_ + m.strip;
    // A source of pixel rows: where the first strip starts, and its stride.
    const Values rows = b_.if_(is_coded, [&] {
      // The strip holds the decoder's answer until its first rows come.
      Values args{decoder_, field.data(), field.size(), width, height, encoding, field.planes()};
      if (r.scaled()) args.push_back(r.scale);
      args.insert(args.end(), {r.src[0], r.src[1], r.src[2], r.src[3], strip, error_});
      b_.call_checked(r.scaled() ? "hr_image_open_scaled" : "hr_image_open", args);
      return Values{strip + b_.load(kI64, strip) * 3, m.strip_stride};
    }, [&] {
      const V stride = width * 3, needed = stride * height;
      b_.if_(field.size() < needed, [&] { fail(error_, HR_E_SHORT, {field.size(), needed}); });
      return Values{field.data() + (r.src[0] * stride + r.src[1] * 3), stride};
    });
    nest(g, r, m, dst, rows[1], [&](V first, V count) {
      return b_.if_(is_coded, [&] {
        b_.call_checked("hr_image_rows", {decoder_, strip, m.strip_stride, count, error_});
        return Values{rows[0]};
      }, [&] { return Values{rows[0] + first * rows[1]}; })[0];
    });
    b_.if_(is_coded, [&] { b_.call_checked("hr_image_close", {decoder_, error_}); });
  }

  void nest(const StripGroup& g, const ResampleValues& r, const GroupMemory& m, V dst, V stride,
            const std::function<V(V, V)>& rows_at) {
    const V dst_stride = output_stride(b_, g, r);
    if (ctx_.graph[g.resample].text_attr("filter") == "none") {
      const V mirror_h = r.pre_h ^ r.post_h, mirror_v = r.pre_v ^ r.post_v;
      strips(r, {}, rows_at, stride, [&](V src, V src_stride, V rows, V first, const Values&) {
        b_.call_checked(group_stage_name(g, "copy"),
                        {src, dst, src_stride, rows, first, r.src[2], mirror_h, mirror_v, r.src[3], dst_stride});
        return Values{};
      });
      return;
    }
    call_tables(b_, ctx_.graph[g.resample], r, m, working_);
    const V h_taps = b_.load(kI64, working_ + m.h_taps), v_taps = b_.load(kI64, working_ + m.v_taps);
    const bool q14 = group_ariths(ctx_.graph[g.resample]).size() == 2;
    const std::string& filter = ctx_.graph[g.resample].text_attr("filter");
    const V h_wide = across_is_wide(filter, r), v_wide = down_is_wide(filter, r);
    const V columns = working_ + m.columns, ring = working_ + m.ring;
    const V mirror = r.pre_v ^ r.post_v;
    strips(r, {b_.i64(0)}, rows_at, stride, [&](V src, V src_stride, V rows, V first, const Values& carried) {
      b_.call_checked(columns_stage_name(q14), {src, src_stride, rows, r.src[3] * 3, columns});
      const V ring_row = ring + b_.binary(Op::urem, first, m.capacity) * m.row_bytes;
      const Values h_args{columns, working_ + m.h_start, working_ + m.h_weight, h_taps, align_up(r.window[3], 8),
                          m.h_stride, ring_row, m.row_bytes, m.plane_bytes, b_.i64(kChannels)};
      by_width(q14, h_wide, [&](Arith a) { b_.call_checked(horizontal_stage_name(a), h_args); });
      const V ready = first + rows;
      const V end = finished_rows(working_ + m.v_start, r.window[2], v_taps, ready, r.src[2]);
      const Values v_args{ring, working_ + m.v_start, working_ + m.v_weight, working_ + m.row_offsets, dst, v_taps, m.v_stride, m.capacity, m.row_bytes,
                          m.plane_bytes, carried[0], end, r.window[2], mirror, r.window[3], dst_stride};
      by_width(q14, v_wide, [&](Arith a) {
        b_.call_checked(group_stage_name(g, a == Arith::q14_wide ? "vertical_wide" : "vertical"), v_args);
      });
      return Values{end};
    });
  }

  void by_width(bool q14, V is_wide, const std::function<void(Arith)>& body) {
    if (!q14) return body(Arith::pillow8);
    b_.if_(is_wide, [&] { body(Arith::q14_wide); return Values{}; }, [&] { body(Arith::q14); return Values{}; });
  }

  // How many table entries need no source row at or beyond `ready`.
  V finished_rows(V start, V count, V taps, V ready, V height) {
    const loop::Type t = loop::vec(Scalar::i32, ctx_.schedule.vector_bits / 32);
    auto splat = [&](V v) { return b_.splat(b_.convert(Op::trunc, v, kI32), t.lanes); };
    const V limit = splat(b_.select(ready >= height, ready + taps, ready));
    const V taps_lanes = splat(taps), none = b_.constant(t, 0), total = splat(count);
    const Values last = b_.for_(b_.i64(0), count, b_.i64(t.lanes), {none}, [&](V i, const Values& c) {
      const V number = splat(i) + b_.iota(t) + 1;
      const V needs = b_.load(t, start, i << 2) + taps_lanes;
      return Values{max(c[0], b_.select(needs <= limit, number, none))};
    });
    return b_.convert(Op::sext, b_.reduce_smax(min(last[0], total)), kI64);
  }

  const EntryContext& ctx_;
  Builder b_;
  V frame_, fields_, slots_, scratch_, outputs_, decoder_, error_, working_;
  std::map<graph::ValueId, V> image_offset_;
};

}  // namespace

Function build_run(const EntryContext& context) { return RunBuilder(context).build(); }

}  // namespace headrace::lowering
