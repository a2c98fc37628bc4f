#include "compiler/lower/geometry.h"

#include "compiler/lower/abi_layout.h"
#include "compiler/lower/draws.h"
#include "compiler/lower/rect_bounds.h"
#include "headrace/scaled.h"
#include "ir/geometry.h"
#include "ir/numeric.h"

namespace headrace::lowering {

using graph::Graph;
using graph::Kind;
using graph::Node;
using loop::Builder;
using loop::kF64;
using loop::kI32;
using loop::kI64;
using loop::kPtr;
using loop::V;
using loop::Values;
using LOp = loop::Op;
using GOp = graph::Op;

int slots_of(const Node& node) {
  switch (node.type.kind) {
    case Kind::size: return 2;
    case Kind::rect: return 4;
    case Kind::scale:
    case Kind::boolean: return 1;
    default: return 0;
  }
}

std::vector<int> assign_slots(const Graph& graph, uint32_t& slot_count) {
  std::vector<int> slots;
  slot_count = 0;
  for (const Node& n : graph.nodes) {
    slots.push_back(int(slot_count));
    slot_count += uint32_t(slots_of(n));
  }
  return slots;
}

namespace {

class Geometry {
 public:
  Geometry(Builder& b, V frame, const Graph& g, const std::map<std::string, int64_t>& field_index)
      : b_(b), frame_(frame), fields_(b.load(kPtr, frame, kPlanFields)), draws_(b, frame, kPlanKey), g_(g),
        field_index_(field_index) {}

  std::vector<Values> run() {
    for (const Node& n : g_.nodes) {
      v_.push_back(node(n));
      if (n.op == GOp::resample) check_resample(n);
    }
    return std::move(v_);
  }

 private:
  V real(V i) { return b_.convert(LOp::sitofp, i, kF64); }
  V integer(V f) { return b_.convert(LOp::fptosi, f, kI64); }
  V rint(V f) { return b_.unary(LOp::rint, f); }

  Values size_of(graph::ValueId id) {
    const Node& n = g_[id];
    switch (n.op) {
      case GOp::field: {
        const FieldAccess f{fields_, field_index_.at(n.text_attr("name"))};
        return {f.height(), f.width()};
      }
      case GOp::decode:
        if (n.operands.size() == 2) return {v_[n.operands[1]][2], v_[n.operands[1]][3]};
        return size_of(n.operands[0]);
      case GOp::crop: return {v_[n.operands[1]][2], v_[n.operands[1]][3]};
      case GOp::resize: return v_[n.operands[1]];
      case GOp::resample: return {v_[n.operands[3]][2], v_[n.operands[3]][3]};
      default: return size_of(n.operands[0]);
    }
  }

  void check_fits(const Values& r, const Values& size) {
    const V zero = b_.i64(0);
    const V outside = (r[0] < zero) | (r[1] < zero) | (r[0] + r[2] > size[0]) | (r[1] + r[3] > size[1]);
    b_.if_(outside, [&] {
      fail(b_.load(kPtr, frame_, kPlanError), HR_E_CROP_OUTSIDE, {r[0], r[1], r[2], r[3], size[0], size[1]});
    });
  }

  void check_resample(const Node& n) {
    if (!rect_lies_in_source(g_, n)) check_fits(v_[n.operands[1]], size_of(n.operands[0]));
    if (!window_lies_in_result(g_, n)) check_fits(v_[n.operands[3]], v_[n.operands[2]]);
  }

  Values op_key(const std::string& rng_id) { return draws_.op_key(rng_id); }
  Values draw(const Values& key, V number) { return draws_.draw(key, number); }

  Values random_crop(const Node& n, const Values& size) {
    const V h = b_.i64(n.int_attr("height")), w = b_.i64(n.int_attr("width")), zero = b_.i64(0);
    check_fits({zero, zero, h, w}, size);
    const Values d = draw(op_key(n.text_attr("rng")), b_.i32(0));
    return {loop::below(d[0], size[0] - h + 1), loop::below(d[1], size[1] - w + 1), h, w};
  }

  Values random_resized_crop(const Node& n, const Values& size) {
    const auto& scale = n.list_attr("scale");
    const auto& ratio = n.list_attr("ratio");
    const double log_low = num::log(ratio[0]), log_span = num::log(ratio[1]) - log_low;
    const Values key = op_key(n.text_attr("rng"));
    const V height = real(size[0]), width = real(size[1]), one = b_.f64(1.0), zero = b_.i64(0);
    const V area = height * width;
    // Carried: whether a size was found, then the rectangle.
    const Values init{b_.i64(0), zero, zero, zero, zero};
    const Values found = b_.for_(b_.i64(0), b_.i64(geometry::kCropAttempts), b_.i64(1), init, [&](V attempt, const Values& c) {
      return b_.if_(c[0] == b_.i64(1), [&] { return c; }, [&] {
        const V number = b_.convert(LOp::trunc, attempt, kI32);
        const Values d = draw(key, number);
        const V target = area * (b_.f64(scale[0]) + loop::uniform_f64(d[0], d[1]) * b_.f64(scale[1] - scale[0]));
        const V aspect = loop::exp_f64(b_.f64(log_low) + loop::uniform_f64(d[2], d[3]) * b_.f64(log_span));
        const V w = rint(b_.unary(LOp::sqrt, target * aspect));
        const V h = rint(b_.unary(LOp::sqrt, target / aspect));
        const V ok = (w >= one) & (h >= one) & (w <= width) & (h <= height);
        return b_.if_(ok, [&] {
          const Values p = draw(key, number + int64_t(geometry::kPositionDraw));
          const V hi = integer(h), wi = integer(w);
          return Values{b_.i64(1), loop::below(p[0], size[0] - hi + 1), loop::below(p[1], size[1] - wi + 1), hi, wi};
        }, [&] { return c; });
      });
    });
    return b_.if_(found[0] == b_.i64(1), [&] { return Values{found[1], found[2], found[3], found[4]}; },
                  [&] { return centre_of_ratio(size, height, width, ratio); });
  }

  // The largest centred rectangle whose aspect ratio is in range.
  Values centre_of_ratio(const Values& size, V height, V width, const std::vector<double>& ratio) {
    const V one = b_.f64(1.0), aspect = width / height;
    const V h_narrow = min(max(rint(width / b_.f64(ratio[0])), one), height);
    const V w_wide = min(max(rint(height * b_.f64(ratio[1])), one), width);
    const V narrow = aspect < b_.f64(ratio[0]), wide = aspect > b_.f64(ratio[1]);
    const V h = integer(b_.select(narrow, h_narrow, height));
    const V w = integer(b_.select(narrow, width, b_.select(wide, w_wide, width)));
    return {loop::lshr(size[0] - h, 1), loop::lshr(size[1] - w, 1), h, w};
  }

  Values short_side(const Node& n, const Values& in) {
    const V side = b_.i64(n.int_attr("short_side"));
    const V tall = in[1] <= in[0];
    const V shorter = b_.select(tall, in[1], in[0]), longer = b_.select(tall, in[0], in[1]);
    const V other = integer(real(side) * real(longer) / real(shorter));
    return {b_.select(tall, other, side), b_.select(tall, side, other)};
  }

  V idct_scale(const Node& n) {
    const FieldAccess field{fields_, field_index_.at(g_[n.operands[0]].text_attr("name"))};
    const Values &rect = v_[n.operands[1]], &to = v_[n.operands[2]];
    const V encoding = field.encoding(), height = to[0] << 4, width = to[1] << 4;
    V scale = b_.i64(kWholeScale);
    for (const int64_t s : {4, 2, 1}) {
      const V enough = (rect[2] * s >= height) & (rect[3] * s >= width);
      scale = b_.select(enough, b_.i64(s), scale);
    }
    const V coefficients = (encoding == b_.i64(HR_ENCODING_JPEG)) | (encoding == b_.i64(HR_ENCODING_PACKED));
    return b_.select(coefficients, scale, b_.i64(kWholeScale));
  }

  Values node(const Node& n) {
    auto in = [&](size_t i) -> const Values& { return v_[n.operands[i]]; };
    auto constant_size = [&] { return Values{b_.i64(n.int_attr("height")), b_.i64(n.int_attr("width"))}; };
    const V zero = b_.i64(0);
    switch (n.op) {
      case GOp::image_size: return size_of(n.operands[0]);
      case GOp::const_size: return constant_size();
      case GOp::short_side_size: return short_side(n, in(0));
      case GOp::rect_size: return {in(0)[2], in(0)[3]};
      case GOp::full_rect: return {zero, zero, in(0)[0], in(0)[1]};
      case GOp::const_rect: {
        const Values s = constant_size();
        const Values r{b_.i64(n.int_attr("top")), b_.i64(n.int_attr("left")), s[0], s[1]};
        check_fits(r, in(0));
        return r;
      }
      case GOp::center_crop_rect: {
        const Values s = constant_size();
        const V half = b_.f64(0.5);
        const Values r{integer(rint(real(in(0)[0] - s[0]) * half)), integer(rint(real(in(0)[1] - s[1]) * half)), s[0], s[1]};
        check_fits(r, in(0));
        return r;
      }
      case GOp::random_crop_rect: return random_crop(n, in(0));
      case GOp::random_resized_crop_rect: return random_resized_crop(n, in(0));
      case GOp::compose_rect: return {in(0)[0] + in(1)[0], in(0)[1] + in(1)[1], in(1)[2], in(1)[3]};
      case GOp::mirror_rect: {
        const Values &r = in(0), &s = in(1);
        const V one = b_.i64(1);
        return {b_.select(in(3)[0] == one, s[0] - r[0] - r[2], r[0]), b_.select(in(2)[0] == one, s[1] - r[1] - r[3], r[1]), r[2], r[3]};
      }
      case GOp::idct_scale: return {idct_scale(n)};
      case GOp::const_bool: return {b_.i64(n.int_attr("value"))};
      case GOp::random_bool: {
        const Values d = draw(op_key(n.text_attr("rng")), b_.i32(0));
        return {b_.convert(LOp::zext, loop::uniform_f64(d[0], d[1]) < b_.f64(n.real_attr("p")), kI64)};
      }
      case GOp::xor_bool: return {in(0)[0] ^ in(1)[0]};
      default: return {};
    }
  }

  Builder& b_;
  V frame_, fields_;
  Draws draws_;
  const Graph& g_;
  const std::map<std::string, int64_t>& field_index_;
  std::vector<Values> v_;
};

}  // namespace

std::vector<Values> lower_geometry(Builder& b, V frame, const Graph& graph,
                                   const std::map<std::string, int64_t>& field_index) {
  return Geometry(b, frame, graph, field_index).run();
}

}  // namespace headrace::lowering
