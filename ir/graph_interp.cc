#include "ir/graph_interp.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace headrace::graph {
namespace {

using geometry::Rect;
using geometry::Size;

hr_result outside(const Env& env, const Rect& r, Size in) {
  hr_error& e = *env.error;
  e.code = HR_E_CROP_OUTSIDE;
  const int64_t args[6] = {r.top, r.left, r.height, r.width, in.height, in.width};
  std::memcpy(e.args, args, sizeof args);
  return HR_E_CROP_OUTSIDE;
}

class Evaluator {
 public:
  Evaluator(const Graph& g, const Env& env, std::vector<Value>& values) : g_(g), env_(env), v_(values) {
    v_.resize(g.nodes.size());
  }

  hr_result geometry() {
    for (ValueId id = 0; id < g_.nodes.size(); ++id) {
      if (const hr_result r = geometry_node(id)) return r;
    }
    return HR_OK;
  }

  hr_result images() {
    for (ValueId id = 0; id < g_.nodes.size(); ++id) {
      if (const hr_result r = image_node(id)) return r;
    }
    return HR_OK;
  }

 private:
  Size size(ValueId id) const { return std::get<Size>(v_[id]); }
  const Rect& rect(ValueId id) const { return std::get<Rect>(v_[id]); }
  bool flag(ValueId id) const { return std::get<bool>(v_[id]); }
  const ImageValue& image(ValueId id) const { return std::get<ImageValue>(v_[id]); }
  const hr_field& field(ValueId id) const { return *std::get<const hr_field*>(v_[id]); }

  // Size of a coded or image value without its pixels; image ops record their size when planned.
  Size size_of(ValueId id) const {
    const Node& n = g_[id];
    switch (n.op) {
      case Op::field: return {int64_t(field(id).height), int64_t(field(id).width)};
      case Op::decode:
        return n.operands.size() == 2 ? Size{rect(n.operands[1]).height, rect(n.operands[1]).width} : size_of(n.operands[0]);
      case Op::crop: return {rect(n.operands[1]).height, rect(n.operands[1]).width};
      case Op::resize: return size(n.operands[1]);
      case Op::resample: return {rect(n.operands[3]).height, rect(n.operands[3]).width};
      default: return size_of(n.operands[0]);
    }
  }

  hr_result check(const Rect& r, Size in) const { return geometry::fits(r, in) ? HR_OK : outside(env_, r, in); }

  hr_result geometry_node(ValueId id) {
    const Node& n = g_[id];
    auto operand = [&](size_t i) { return n.operands[i]; };
    switch (n.op) {
      case Op::field: {
        const std::string& name = n.text_attr("name");
        for (size_t i = 0; i < env_.field_names.size(); ++i) {
          if (env_.field_names[i] == name) v_[id] = &env_.fields[i];
        }
        const hr_field& f = field(id);
        if (g_[id].type.kind == Kind::i64) v_[id] = f.value;
        if (g_[id].type.kind == Kind::f64) v_[id] = std::bit_cast<double>(f.value);
        return HR_OK;
      }
      case Op::image_size: v_[id] = size_of(operand(0)); return HR_OK;
      case Op::const_size: v_[id] = Size{n.int_attr("height"), n.int_attr("width")}; return HR_OK;
      case Op::short_side_size: v_[id] = geometry::short_side_size(size(operand(0)), n.int_attr("short_side")); return HR_OK;
      case Op::rect_size: v_[id] = Size{rect(operand(0)).height, rect(operand(0)).width}; return HR_OK;
      case Op::full_rect: v_[id] = Rect{0, 0, size(operand(0)).height, size(operand(0)).width}; return HR_OK;
      case Op::const_rect: {
        const Rect r{n.int_attr("top"), n.int_attr("left"), n.int_attr("height"), n.int_attr("width")};
        v_[id] = r;
        return check(r, size(operand(0)));
      }
      case Op::center_crop_rect: {
        const Rect r = geometry::center_crop_rect(size(operand(0)), n.int_attr("height"), n.int_attr("width"));
        v_[id] = r;
        return check(r, size(operand(0)));
      }
      case Op::random_crop_rect: {
        const Rect r = geometry::random_crop_rect(size(operand(0)), n.int_attr("height"), n.int_attr("width"), env_.key,
                                                  n.text_attr("rng"));
        v_[id] = r;
        return check(r, size(operand(0)));
      }
      case Op::random_resized_crop_rect:
        v_[id] = geometry::random_resized_crop_rect(size(operand(0)), n.list_attr("scale"), n.list_attr("ratio"), env_.key,
                                                    n.text_attr("rng"));
        return HR_OK;
      case Op::compose_rect: {
        const Rect& outer = rect(operand(0));
        const Rect& inner = rect(operand(1));
        v_[id] = Rect{outer.top + inner.top, outer.left + inner.left, inner.height, inner.width};
        return HR_OK;
      }
      case Op::mirror_rect:
        v_[id] = geometry::mirror_rect(rect(operand(0)), size(operand(1)), flag(operand(2)), flag(operand(3)));
        return HR_OK;
      case Op::idct_scale: {
        const uint32_t encoding = field(operand(0)).encoding;
        const bool coefficients = encoding == HR_ENCODING_JPEG || encoding == HR_ENCODING_PACKED;
        v_[id] = int64_t(coefficients ? geometry::idct_scale(rect(operand(1)), size(operand(2))) : kWholeScale);
        return HR_OK;
      }
      case Op::const_bool: v_[id] = n.int_attr("value") != 0; return HR_OK;
      case Op::random_bool: v_[id] = geometry::random_bool(n.real_attr("p"), env_.key, n.text_attr("rng")); return HR_OK;
      case Op::xor_bool: v_[id] = flag(operand(0)) != flag(operand(1)); return HR_OK;
      default: return HR_OK;
    }
  }

  // Pixels of a part of a coded field.
  hr_result decode(const hr_field& f, const CodedPart& part, ImageValue& out) const {
    const Rect& r = part.rect;
    if (const hr_result e = check(r, scaled_size(f, part.scale))) return e;
    std::vector<uint8_t> rgb(size_t(r.height * r.width * 3));
    if (const hr_result e = env_.decode(env_.decode_context, f, part, rgb.data(), env_.error)) return e;
    out.height = r.height;
    out.width = r.width;
    out.ints.assign(rgb.begin(), rgb.end());
    return HR_OK;
  }

  // Whether a field is stored as planes of luma and chroma. What has no known layout is refused when it is decoded.
  static bool has_ycc_planes(const hr_field& f, PlaneLayout& layout) {
    if (f.encoding != HR_ENCODING_PACKED && f.encoding != HR_ENCODING_YCC) return false;
    return plane_layout(f.planes, layout) && !layout.rgb;
  }

  static Size scaled_size(const hr_field& f, int scale) {
    return {scaled_length(f.height, scale), scaled_length(f.width, scale)};
  }

  // Planes of the scaled image, of which `layout` is.
  hr_result read_planes(const hr_field& f, const PlaneLayout& layout, const CodedPart& part,
                        std::vector<std::vector<uint8_t>>& planes) const {
    const Size in = scaled_size(f, part.scale);
    if (const hr_result e = check(part.rect, in)) return e;
    planes.resize(size_t(layout.components));
    uint8_t* to[3] = {};
    for (int c = 0; c < layout.components; ++c) {
      planes[size_t(c)].resize(size_t(plane_height(layout, c, in.height) * plane_width(layout, c, in.width)));
      to[c] = planes[size_t(c)].data();
    }
    return env_.planes(env_.decode_context, f, part, to, env_.error);
  }

  // What a resample reads of its source: without a scale its rectangle.
  struct Source {
    CodedPart part;
    ImageBox box;
  };
  Source source(const Node& n) const {
    const Rect& r = rect(n.operands[1]);
    if (n.operands.size() < 9) return {{r}, {}};
    const auto scale = int(std::get<int64_t>(v_[n.operands[8]]));
    const ScaledSpan across = scaled_span(r.left, r.width, scale), down = scaled_span(r.top, r.height, scale);
    return {{{down.first, across.first, down.count, across.count}, scale},
            {{across.begin8, across.length8}, {down.begin8, down.length8}}};
  }

  hr_result resample(ValueId id) {
    const Node& n = g_[id];
    auto operand = [&](size_t i) { return n.operands[i]; };
    const auto [part, box] = source(n);
    const Rect& src = part.rect;
    const bool pre_h = flag(operand(4)), pre_v = flag(operand(5)), post_h = flag(operand(6)), post_v = flag(operand(7));
    const Rect& window = rect(operand(3));
    const std::string& filter = n.text_attr("filter");
    PlaneLayout layout;
    if (n.int_attr("planes") == 1 && has_ycc_planes(field(operand(0)), layout)) {
      const Size in = scaled_size(field(operand(0)), part.scale);
      if (const hr_result e = check(src, in)) return e;
      if (const hr_result e = check(window, size(operand(2)))) return e;
      const resample::Axes axes = image_axes({src.height, src.width}, size(operand(2)), window, pre_h, pre_v, post_h,
                                             post_v, filter, resample::Arith::q14, box);
      // What the window does not need is not decoded, and damage there is not seen.
      const resample::Needed rows = resample::needed(axes.vertical, src.height);
      const resample::Needed columns = resample::needed(axes.horizontal, src.width);
      const Rect needed{src.top + rows.first, src.left + columns.first, rows.end - rows.first, columns.end - columns.first};
      const PlaneLayout scaled = scaled_layout(layout, part.scale);
      std::vector<std::vector<uint8_t>> planes;
      if (const hr_result e = read_planes(field(operand(0)), scaled, {needed, part.scale}, planes)) return e;
      v_[id] = resize_planes(planes, scaled, in, src, axes);
      return HR_OK;
    }
    ImageValue cropped;
    if (g_[operand(0)].type.kind == Kind::coded) {
      if (const hr_result e = decode(field(operand(0)), part, cropped)) return e;
    } else {
      const ImageValue& in = image(operand(0));
      if (const hr_result e = check(src, {in.height, in.width})) return e;
      cropped = crop_image(in, src);
    }
    const bool copies = filter == "none";
    if (const hr_result e = check(window, copies ? Size{src.height, src.width} : size(operand(2)))) return e;
    if (copies) {
      v_[id] = flip_image(crop_image(flip_image(cropped, pre_h, pre_v), window), post_h, post_v);
    } else {
      v_[id] = resize_image(cropped, size(operand(2)), window, pre_h, pre_v, post_h, post_v, filter,
                            n.text_attr("arith"), box);
    }
    return HR_OK;
  }

  hr_result image_node(ValueId id) {
    const Node& n = g_[id];
    auto operand = [&](size_t i) { return n.operands[i]; };
    switch (n.op) {
      case Op::decode: {
        const hr_field& f = field(operand(0));
        const Rect r = n.operands.size() == 2 ? rect(operand(1)) : Rect{0, 0, int64_t(f.height), int64_t(f.width)};
        ImageValue out;
        if (const hr_result e = decode(f, {r}, out)) return e;
        v_[id] = std::move(out);
        return HR_OK;
      }
      case Op::crop: {
        const ImageValue& in = image(operand(0));
        if (const hr_result e = check(rect(operand(1)), {in.height, in.width})) return e;
        v_[id] = crop_image(in, rect(operand(1)));
        return HR_OK;
      }
      case Op::resize: {
        const Size s = size(operand(1));
        v_[id] = resize_image(image(operand(0)), s, {0, 0, s.height, s.width}, false, false, false, false,
                              n.text_attr("filter"), "pillow8");
        return HR_OK;
      }
      case Op::flip: v_[id] = flip_image(image(operand(0)), flag(operand(1)), flag(operand(2))); return HR_OK;
      case Op::resample: return resample(id);
      case Op::normalize: {
        std::vector<double> scale, bias;
        normalize_constants(n.list_attr("mean"), n.list_attr("std"), n.int_attr("range"), g_[operand(0)].type.elem, scale, bias);
        v_[id] = affine_image(image(operand(0)), scale, bias);
        return HR_OK;
      }
      case Op::affine: v_[id] = affine_image(image(operand(0)), n.list_attr("scale"), n.list_attr("bias")); return HR_OK;
      case Op::map: v_[id] = map_image(image(operand(0)), n.text_attr("expr"), n.type.elem); return HR_OK;
      case Op::call: {
        ImageValue out;
        if (const hr_result e = call_image(g_, n, image(operand(0)), env_, out)) return e;
        v_[id] = std::move(out);
        return HR_OK;
      }
      case Op::convert: return convert(id);
      case Op::pad_bytes: {
        const hr_field& f = field(operand(0));
        const uint64_t length = uint64_t(n.int_attr("length"));
        if (f.size > length) {
          env_.error->code = HR_E_LIMIT;
          env_.error->args[0] = int64_t(f.size);
          env_.error->args[1] = int64_t(length);
          return HR_E_LIMIT;
        }
        TensorValue t;
        t.bytes.assign(length, 0);
        std::copy_n(f.data, f.size, t.bytes.begin());  // data may be null where size is 0
        v_[id] = std::move(t);
        return HR_OK;
      }
      case Op::one_hot: {
        const int64_t label = std::get<int64_t>(v_[operand(0)]), classes = n.int_attr("classes");
        if (label < 0 || label >= classes) {
          env_.error->code = HR_E_LABEL;
          env_.error->args[0] = label;
          env_.error->args[1] = classes;
          return HR_E_LABEL;
        }
        v_[id] = one_hot_vector(label, classes);
        return HR_OK;
      }
      case Op::label_smoothing: v_[id] = smooth_vector(image(operand(0)), n.real_attr("epsilon"), n.type.width); return HR_OK;
      case Op::strips: v_[id] = v_[operand(0)]; return HR_OK;  // marks a loop nest; changes nothing
      case Op::layout: v_[id] = layout_image(image(operand(0)), n.type.layout); return HR_OK;
      default: return HR_OK;
    }
  }

  hr_result convert(ValueId id) {
    const Node& n = g_[id];
    const Value& in = v_[n.operands[0]];
    if (n.type.kind == Kind::image || n.type.kind == Kind::vector) {
      v_[id] = convert_image(std::get<ImageValue>(in), n.type.elem);
      return HR_OK;
    }
    TensorValue t;
    t.bytes.resize(dtype_size(n.type.dtype));
    if (n.type.dtype == DType::i64) {
      const int64_t v = std::get<int64_t>(in);
      std::memcpy(t.bytes.data(), &v, sizeof v);
    } else {
      const float v = std::holds_alternative<int64_t>(in) ? float(std::get<int64_t>(in)) : float(std::get<double>(in));
      std::memcpy(t.bytes.data(), &v, sizeof v);
    }
    v_[id] = std::move(t);
    return HR_OK;
  }

  const Graph& g_;
  const Env& env_;
  std::vector<Value>& v_;
};

}  // namespace

hr_result evaluate_geometry(const Graph& graph, const Env& env, std::vector<Value>& values) {
  return Evaluator(graph, env, values).geometry();
}

hr_result evaluate(const Graph& graph, const Env& env, std::span<uint8_t* const> outputs) {
  std::vector<Value> values;
  Evaluator evaluator(graph, env, values);
  if (const hr_result r = evaluator.geometry()) return r;
  if (const hr_result r = evaluator.images()) return r;
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    Value& value = values[graph.outputs[i].value];
    if (const ImageValue* vector = std::get_if<ImageValue>(&value)) value = layout_image(*vector, Layout::nhwc);
    const auto& bytes = std::get<TensorValue>(value).bytes;
    std::memcpy(outputs[i], bytes.data(), bytes.size());
  }
  return HR_OK;
}

}  // namespace headrace::graph
