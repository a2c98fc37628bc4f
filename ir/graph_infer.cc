#include <cmath>

#include "ir/expr.h"
#include "ir/graph.h"
#include "ir/graph_calls.h"
#include "ir/graph_batch.h"
#include "ir/graph_ops.h"
#include "ir/graph_size.h"

namespace headrace::graph {

// A loop, since a text may chain as many rectangles as it likes.
StaticSize static_size(const Body& g, ValueId id) {
  for (;;) {
    const Node& n = g[id];
    switch (n.op) {
      case Op::const_size:
      case Op::const_rect:
      case Op::center_crop_rect:
      case Op::random_crop_rect: return {n.int_attr("height"), n.int_attr("width")};
      case Op::rect_size:
      case Op::full_rect:
      case Op::mirror_rect: id = n.operands[0]; continue;
      case Op::compose_rect: id = n.operands[1]; continue;
      case Op::image_size: {
        const Type& t = g[n.operands[0]].type;
        if (t.kind == Kind::image) return {t.height, t.width};
        return {};
      }
      default: return {};
    }
  }
}

namespace {

Status bad(const Node& n, const std::string& message) {
  return Status("ir.verify", std::string(op_name(n.op)), message);
}

Expected<Type> image_like(const Node& n, const Type& in, Elem elem, StaticSize size) {
  if (in.kind != Kind::image) return bad(n, "operand must be an image, is " + type_text(in));
  Type t = in;
  t.elem = elem;
  t.height = size.height;
  t.width = size.width;
  return t;
}

bool parse_dtype(const std::string& name, DType& out) {
  for (DType d : {DType::u8, DType::f16, DType::bf16, DType::f32, DType::i64}) {
    if (name == dtype_name(d)) {
      out = d;
      return true;
    }
  }
  return false;
}

Type plain(Kind kind) {
  Type t;
  t.kind = kind;
  return t;
}

Expected<Type> infer_field(const Node& n) {
  const std::string& kind = n.text_attr("kind");
  if (kind == "image") return plain(Kind::coded);
  if (kind == "i64") return plain(Kind::i64);
  if (kind == "f64") return plain(Kind::f64);
  if (kind == "bytes") return plain(Kind::bytes);
  return bad(n, "kind must be \"image\", \"i64\", \"f64\" or \"bytes\", is \"" + kind + "\"");
}

Expected<Type> infer_convert(const Node& n, const Type& in) {
  DType dtype;
  if (!parse_dtype(n.text_attr("dtype"), dtype)) return bad(n, "unknown dtype \"" + n.text_attr("dtype") + "\"");
  if (in.kind == Kind::image) {
    if (dtype == DType::i64) return bad(n, "an image cannot become i64");
    return image_like(n, in, elem_of(dtype), {in.height, in.width});
  }
  if (in.kind == Kind::vector) {
    if (dtype == DType::i64 || dtype == DType::u8) return bad(n, "a vector converts to f16, bf16 or f32 only");
    Type t = in;
    t.elem = elem_of(dtype);
    return t;
  }
  if (dtype != DType::i64 && dtype != DType::f32) return bad(n, "a scalar converts to i64 or f32 only");
  if (in.kind == Kind::f64 && dtype == DType::i64) return bad(n, "an f64 field converts to f32 only");
  Type t = plain(Kind::scalar);
  t.dtype = dtype;
  return t;
}

Expected<Type> infer_layout(const Node& n, const Type& in) {
  Type t = in;
  t.kind = Kind::tensor;
  for (Layout l : {Layout::nhwc, Layout::nchw, Layout::channels_last}) {
    if (n.text_attr("layout") == layout_name(l)) t.layout = l;
  }
  if (t.layout == Layout::none) return bad(n, "unknown layout \"" + n.text_attr("layout") + "\"");
  if (in.height == kDynamic || in.width == kDynamic) return bad(n, "an output needs a static size, has " + type_text(in));
  if (in.elem == Elem::q6) return bad(n, "q6 is no output type");
  return t;
}

Expected<Type> infer_resample(const Body& g, const Node& n) {
  const std::string& arith = n.text_attr("arith");
  const std::string& filter = n.text_attr("filter");
  const Type& src = g[n.operands[0]].type;
  const bool copies_floats = filter == "none" && src.elem == Elem::f32;
  if (src.kind == Kind::image && src.elem != Elem::u8 && !copies_floats) {
    return bad(n, "source must be u8, is " + type_text(src));
  }
  Elem elem = src.kind == Kind::image ? src.elem : Elem::u8;
  if (filter == "none") {
    if (arith != "copy") return bad(n, "filter \"none\" goes with arith \"copy\"");
  } else if (is_filter(filter)) {
    if (arith == "q14") {
      elem = Elem::q6;
    } else if (arith != "pillow8") {
      return bad(n, "arith must be \"pillow8\" or \"q14\", is \"" + arith + "\"");
    }
  } else {
    return bad(n, "unknown filter \"" + filter + "\"");
  }
  if (n.int_attr("planes") == 1) {
    if (src.kind != Kind::coded) return bad(n, "planes=1 needs a coded source, is " + type_text(src));
    if (arith != "q14") return bad(n, "planes=1 goes with arith \"q14\", is \"" + arith + "\"");
    if (filter == "nearest") return bad(n, "planes=1 does not go with filter \"nearest\"");
  }
  if (n.operands.size() == 9) {
    if (src.kind != Kind::coded) return bad(n, "a scale needs a coded source, is " + type_text(src));
    if (g[n.operands[8]].operands[0] != n.operands[0]) return bad(n, "the scale must be that of the source");
    if (filter != "bilinear" && filter != "area") {
      return bad(n, "a scale goes with filter \"bilinear\" or \"area\", is \"" + filter + "\"");
    }
  }
  const StaticSize s = static_size(g, n.operands[3]);
  return image_type(elem, s.height, s.width);
}

Expected<Type> infer_map(const Node& n, const Type& in) {
  if (in.elem != Elem::u8 && in.elem != Elem::f32) return bad(n, "operand must be u8 or f32, is " + type_text(in));
  const std::string& dtype = n.text_attr("dtype");
  if (dtype != "u8" && dtype != "f32") return bad(n, "dtype must be \"u8\" or \"f32\", is \"" + dtype + "\"");
  const Expected<expr::Expr> e = expr::parse(n.text_attr("expr"));
  if (!e.ok()) {
    const Diagnostic d = e.status().errors().front();
    return bad(n, "expr" + (d.where.empty() ? "" : ", " + d.where) + ": " + d.message);
  }
  return image_like(n, in, dtype == "u8" ? Elem::u8 : Elem::f32, {in.height, in.width});
}

Expected<Type> infer_call(const Node& n, const Type& in) {
  if (in.elem != Elem::u8 && in.elem != Elem::f32) return bad(n, "operand must be u8 or f32, is " + type_text(in));
  const std::string& dtype = n.text_attr("dtype");
  if (dtype != "u8" && dtype != "f32") return bad(n, "dtype must be \"u8\" or \"f32\", is \"" + dtype + "\"");
  const std::string& per = n.text_attr("per");
  if (per != "row" && per != "image") return bad(n, "per must be \"row\" or \"image\", is \"" + per + "\"");
  if (!is_symbol(n.text_attr("symbol"))) return bad(n, "symbol must be a C function's name");
  if (!is_library_name(n.text_attr("library"))) return bad(n, "library must be a file's name without folders");
  return image_like(n, in, dtype == "u8" ? Elem::u8 : Elem::f32, {in.height, in.width});
}

Expected<Type> infer_pointwise(const Node& n, const Type& in) {
  if (n.op == Op::normalize) {
    if (in.elem == Elem::q6) return bad(n, "operand must not be q6");
    for (const char* key : {"mean", "std"}) {
      if (int64_t(n.list_attr(key).size()) != in.channels) return bad(n, std::string(key) + " needs one value per channel");
    }
    for (double s : n.list_attr("std")) {
      if (!(s > 0)) return bad(n, "std must be positive");
    }
    for (const char* key : {"mean", "std"}) {
      for (double v : n.list_attr(key)) {
        if (!std::isfinite(v)) return bad(n, std::string(key) + " must be finite");
      }
    }
    const int64_t range = n.int_attr("range");
    if (range != 1 && range != 255) return bad(n, "range must be 1 or 255");
  } else {
    for (const char* key : {"scale", "bias"}) {
      if (int64_t(n.list_attr(key).size()) != in.channels) return bad(n, std::string(key) + " needs one value per channel");
      for (double v : n.list_attr(key)) {
        if (double(float(v)) != v) return bad(n, std::string(key) + " must hold f32 values");
      }
    }
  }
  return image_like(n, in, Elem::f32, {in.height, in.width});
}

}  // namespace

bool is_filter(std::string_view name) {
  return name == "bilinear" || name == "bilinear_point" || name == "area" || name == "nearest";
}

Expected<Type> infer_type(const Body& g, const Node& n) {
  auto in = [&](size_t i) -> const Type& { return g[n.operands[i]].type; };
  switch (n.op) {
    case Op::record: return plain(Kind::record);
    case Op::field: return infer_field(n);
    case Op::image_size:
    case Op::const_size:
    case Op::short_side_size:
    case Op::rect_size: return plain(Kind::size);
    case Op::full_rect:
    case Op::const_rect:
    case Op::center_crop_rect:
    case Op::random_crop_rect:
    case Op::random_resized_crop_rect:
    case Op::compose_rect:
    case Op::mirror_rect: return plain(Kind::rect);
    case Op::idct_scale: return plain(Kind::scale);
    case Op::const_bool:
    case Op::random_bool:
    case Op::xor_bool: return plain(Kind::boolean);
    case Op::decode:
      if (n.operands.size() == 2) {
        const StaticSize s = static_size(g, n.operands[1]);
        return image_type(Elem::u8, s.height, s.width);
      }
      return image_type(Elem::u8, kDynamic, kDynamic);
    case Op::crop: return image_like(n, in(0), in(0).elem, static_size(g, n.operands[1]));
    case Op::resize:
      if (in(0).elem != Elem::u8) return bad(n, "operand must be u8, is " + type_text(in(0)));
      if (!is_filter(n.text_attr("filter"))) return bad(n, "unknown filter \"" + n.text_attr("filter") + "\"");
      return image_like(n, in(0), Elem::u8, static_size(g, n.operands[1]));
    case Op::flip:
    case Op::strips: return in(0);
    case Op::resample: return infer_resample(g, n);
    case Op::normalize:
    case Op::affine: return infer_pointwise(n, in(0));
    case Op::map: return infer_map(n, in(0));
    case Op::call: return infer_call(n, in(0));
    case Op::convert: return infer_convert(n, in(0));
    case Op::layout: return infer_layout(n, in(0));
    case Op::pad_bytes: {
      Type t = plain(Kind::row);
      t.width = n.int_attr("length");
      return t;
    }
    case Op::one_hot: {
      Type t = plain(Kind::vector);
      t.elem = Elem::f32;
      t.width = n.int_attr("classes");
      return t;
    }
    case Op::label_smoothing:
      if (in(0).elem != Elem::f32) return bad(n, "operand must be f32, is " + type_text(in(0)));
      return in(0);
    default: return infer_batch_type(g, n);
  }
}

}  // namespace headrace::graph
