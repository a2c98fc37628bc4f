#include "compiler/frontend/build_graph.h"

#include <optional>

#include "compiler/frontend/build_batch.h"
#include "compiler/frontend/scaled_source.h"
#include "compiler/graph_edit.h"
#include "compiler/spec/labels.h"

namespace headrace {
namespace {

using namespace graph;

const char* filter_text(Filter f) {
  switch (f) {
    case Filter::bilinear: return "bilinear";
    case Filter::bilinear_point: return "bilinear_point";
    case Filter::area: return "area";
    case Filter::nearest: return "nearest";
  }
  return "?";
}

class GraphBuilder {
 public:
  GraphBuilder(const spec::Spec& spec, const std::vector<ProgramField>* fields) : spec_(spec), fields_(fields) {}

  Expected<Graph> run() {
    g_.numerics = spec_.numerics;
    record_ = emit(g_, Op::record, {});
    for (const spec::Output& output : spec_.outputs) {
      value_ = kNoValue;
      source_.reset();
      scaled_ = {};
      layout_from_.clear();
      has_layout_ = false;
      for (const spec::Op& op : output.ops) {
        op_ = &op;
        const size_t before = g_.nodes.size();
        std::visit([&](const auto& params) { add(params); }, op.params);
        mark(before, op.pointer);
      }
      const size_t before = g_.nodes.size();
      finish();
      mark(before, layout_from_.empty() ? op_->pointer : layout_from_);
      g_.outputs.push_back({output.name, value_});
    }
    if (!status_.ok()) return status_;
    compact(g_);
    build_batch(spec_, g_);
    HR_RETURN_IF_ERROR(verify(g_));
    return std::move(g_);
  }

 private:
  const Type& type() const { return g_[value_].type; }
  ValueId size() { return source_ ? source_->size() : emit(g_, Op::image_size, {value_}); }
  void image(Op op, std::vector<ValueId> operands, std::map<std::string, Attr> attrs = {}) {
    operands.insert(operands.begin(), value_);
    value_ = emit(g_, op, std::move(operands), std::move(attrs));
  }

  void add(const spec::Field& p) {
    FieldKind kind = FieldKind::i64;
    if (fields_) {
      for (const ProgramField& f : *fields_) {
        if (f.name == p.field) kind = f.kind;
      }
    }
    if (p.length) kind = FieldKind::bytes;
    value_ = emit(g_, Op::field, {record_}, {{"name", p.field}, {"kind", std::string(field_kind_name(kind))}});
    if (p.length) image(Op::pad_bytes, {}, {{"length", *p.length}});
  }
  void add(const spec::Decode& p) {
    value_ = emit(g_, Op::field, {record_}, {{"name", p.field}, {"kind", std::string("image")}});
    if (p.idct_scale == spec::IdctScale::automatic) {
      source_.emplace(g_, value_);
    } else {
      image(Op::decode, {});
    }
  }
  void add(const spec::Crop& p) {
    crop(emit(g_, Op::const_rect, {size()},
              {{"top", p.top}, {"left", p.left}, {"height", p.size.height}, {"width", p.size.width}}));
  }
  void add(const spec::CenterCrop& p) {
    crop(emit(g_, Op::center_crop_rect, {size()}, {{"height", p.size.height}, {"width", p.size.width}}));
  }
  void add(const spec::RandomCrop& p) {
    crop(emit(g_, Op::random_crop_rect, {size()},
              {{"height", p.size.height}, {"width", p.size.width}, {"rng", op_->rng_id}}));
  }
  void add(const spec::RandomResizedCrop& p) {
    const std::vector<double> scale{p.scale.first, p.scale.second}, ratio{p.ratio.first, p.ratio.second};
    crop(emit(g_, Op::random_resized_crop_rect, {size()}, {{"scale", scale}, {"ratio", ratio}, {"rng", op_->rng_id}}));
    resize(const_size(p.size), p.filter);
  }
  void add(const spec::Resize& p) {
    resize(p.size ? const_size(*p.size) : emit(g_, Op::short_side_size, {size()}, {{"short_side", *p.short_side}}), p.filter);
  }
  void add(const spec::Flip& p) {
    const ValueId no = emit(g_, Op::const_bool, {}, {{"value", int64_t(0)}});
    const ValueId yes = p.p ? emit(g_, Op::random_bool, {}, {{"p", *p.p}, {"rng", op_->rng_id}})
                            : emit(g_, Op::const_bool, {}, {{"value", int64_t(1)}});
    const ValueId h = p.horizontal ? yes : no, v = p.horizontal ? no : yes;
    if (source_) return source_->flip(h, v);
    image(Op::flip, {h, v});
  }
  void add(const spec::Normalize& p) {
    image(Op::normalize, {}, {{"mean", p.mean}, {"std", p.std}, {"range", int64_t(p.range)}});
  }
  void add(const spec::Convert& p) {
    if (p.scale) {
      const std::vector<double> scale(size_t(type().channels), double(float(*p.scale)));
      const std::vector<double> bias(size_t(type().channels), 0.0);
      image(Op::affine, {}, {{"scale", scale}, {"bias", bias}});
    }
    image(Op::convert, {}, {{"dtype", std::string(dtype_name(p.dtype))}});
  }
  void add(const spec::Map& p) {
    const DType same = type().elem == Elem::u8 ? DType::u8 : DType::f32;
    image(Op::map, {}, {{"dtype", std::string(dtype_name(p.dtype.value_or(same)))}, {"expr", p.expr}});
  }
  void add(const spec::Call& p) {
    image(Op::call, {}, {{"dtype", std::string(dtype_name(p.out))}, {"library", p.library},
                         {"per", std::string(p.by_row ? "row" : "image")}, {"rng", op_->rng_id}, {"symbol", p.symbol}});
  }
  void add(const spec::OneHot& p) {
    if (!p.classes) status_.add("spec.missing_key", op_->pointer, spec::missing_classes(g_[value_].text_attr("name")));
    image(Op::one_hot, {}, {{"classes", p.classes.value_or(1)}});
  }
  void add(const spec::LabelSmoothing& p) { image(Op::label_smoothing, {}, {{"epsilon", p.epsilon}}); }
  void add(const spec::SetLayout& p) { layout_ = p.layout; has_layout_ = true; layout_from_ = op_->pointer; }

  // Says of the nodes from `first` on which op they come from. An image that is decoded at a scale is decoded, cropped and
  // resized by one of them.
  void mark(size_t first, const std::string& pointer) {
    if (source_) scaled_.pointers.insert(pointer);
    for (size_t i = first; i < g_.nodes.size(); ++i) {
      g_.nodes[i].origins.pointers.insert(pointer);
      if (g_.nodes[i].op == Op::resample) g_.nodes[i].origins.merge(scaled_);
    }
  }

  ValueId const_size(Size2 s) { return emit(g_, Op::const_size, {}, {{"height", s.height}, {"width", s.width}}); }
  void crop(ValueId rect) {
    if (source_) return source_->crop(rect);
    image(Op::crop, {rect});
  }
  void resize(ValueId size, Filter filter) {
    if (!source_) return image(Op::resize, {size}, {{"filter", std::string(filter_text(filter))}});
    value_ = source_->resize(size, filter_text(filter));
    source_.reset();
  }

  // Outputs are laid-out tensors (NHWC unless the spec says otherwise) or converted scalars.
  void finish() {
    if (type().kind == Kind::image) {
      image(Op::layout, {}, {{"layout", std::string(layout_name(has_layout_ ? layout_ : Layout::nhwc))}});
    } else if (type().kind == Kind::i64 || type().kind == Kind::f64) {
      image(Op::convert, {}, {{"dtype", std::string(type().kind == Kind::i64 ? "i64" : "f32")}});
    }
  }

  const spec::Spec& spec_;
  const std::vector<ProgramField>* fields_;
  Graph g_;
  Status status_;
  ValueId record_ = kNoValue, value_ = kNoValue;
  std::optional<ScaledSource> source_;  // of a decode with idct_scale, up to the first resize
  Origins scaled_;                      // what it has read of the spec
  const spec::Op* op_ = nullptr;
  Layout layout_ = Layout::nhwc;
  bool has_layout_ = false;
  std::string layout_from_;  // the op that set it
};

}  // namespace

Expected<Graph> build_graph(const spec::Spec& spec, const std::vector<ProgramField>* fields) {
  return GraphBuilder(spec, fields).run();
}

}  // namespace headrace
