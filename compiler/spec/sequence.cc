#include "compiler/spec/sequence.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "compiler/spec/filter.h"
#include "compiler/spec/image_size.h"
#include "compiler/spec/suggest.h"
#include "compiler/spec/text.h"
#include "compiler/spec/user_ops.h"

namespace headrace::spec {
namespace {

std::string text(DType t) { return std::string(dtype_name(t)); }

bool is_float(DType t) { return t == DType::f16 || t == DType::bf16 || t == DType::f32; }

/// Walks an output's ops and keeps what is known of the value after each.
class Walk {
 public:
  Walk(const std::vector<ProgramField>* fields, Reporter& errors) : fields_(fields), errors_(errors) {}

  /// Takes the next op; false if nothing can be said of those after it.
  bool step(const ParsedOp& parsed, bool first);

  /// Checks the finished output at `where`.
  void finish(const std::string& where);

  OutputForm form() const;

 private:
  enum class Value { image, scalar, vector };

  void error(std::string message) { errors_.add("spec.sequence", op_->pointer, std::move(message)); }
  std::string name() const { return quote(op_->name); }

  bool start();
  void read_field(const std::string& name);
  bool need_image();
  void geometry();
  void check_scaled_resize();
  void normalize(const Normalize& p);
  void convert(const Convert& p);
  void convert_image(const Convert& p);
  void convert_scalar(const Convert& p);
  void convert_vector(const Convert& p);
  void map(const Map& p);
  void call(const Call& p);
  void needs_pixels();
  void one_hot();
  void label_smoothing();
  void set_layout();

  const std::vector<ProgramField>* fields_;
  Reporter& errors_;

  const Op* op_ = nullptr;  ///< the op being checked
  bool valid_ = true;       ///< its parameters can be relied on
  Value value_ = Value::image;
  ImageSize size_;
  std::optional<DType> dtype_ = DType::u8;  ///< of an image; none: unknown
  std::string field_;                       ///< name of a scalar's or vector's field
  std::optional<FieldKind> kind_;           ///< of the field, if it is known
  const Op* normalized_ = nullptr;          ///< the ops of their kind that came before
  const Op* convert_ = nullptr;             ///< the latest
  const Op* mapped_ = nullptr;              ///< the first map or call that gives floats
  const Op* layout_ = nullptr;
  const Op* one_hot_ = nullptr;
  const Op* smoothed_ = nullptr;
  bool has_length_ = false;                 ///< of a field of kind bytes
  std::string scaled_;                      ///< where "idct_scale": "auto" stands, up to the first resize
};

bool Walk::step(const ParsedOp& parsed, bool first) {
  if (!parsed.known) return false;
  op_ = &parsed.op;
  valid_ = parsed.valid;
  const bool is_source =
      std::holds_alternative<Decode>(op_->params) || std::holds_alternative<Field>(op_->params);
  if (first) return start();
  if (is_source) {
    error(name() + " must be the first op of an output");
    return true;
  }
  if (const auto* p = std::get_if<Convert>(&op_->params)) {
    convert(*p);
    return true;
  }
  if (std::holds_alternative<OneHot>(op_->params)) {
    one_hot();
    return true;
  }
  if (std::holds_alternative<LabelSmoothing>(op_->params)) {
    label_smoothing();
    return true;
  }
  if (!need_image()) return true;
  if (const auto* p = std::get_if<Normalize>(&op_->params)) {
    normalize(*p);
  } else if (const auto* m = std::get_if<Map>(&op_->params)) {
    map(*m);
  } else if (const auto* c = std::get_if<Call>(&op_->params)) {
    call(*c);
  } else if (std::holds_alternative<SetLayout>(op_->params)) {
    set_layout();
  } else {
    geometry();
  }
  return true;
}

bool Walk::start() {
  if (const auto* p = std::get_if<Decode>(&op_->params)) {
    value_ = Value::image;
    if (p->idct_scale == IdctScale::automatic) scaled_ = pointer_join(op_->pointer, "idct_scale");
    read_field(p->field);
    return true;
  }
  if (const auto* p = std::get_if<Field>(&op_->params)) {
    value_ = Value::scalar;
    field_ = p->field;
    has_length_ = p->length.has_value();
    read_field(p->field);
    return true;
  }
  error("the first op of an output must be \"decode\" or \"field\", found " + name());
  return false;
}

void Walk::read_field(const std::string& field) {
  if (fields_ == nullptr || !valid_) return;
  const std::string where = pointer_join(op_->pointer, "field");
  const auto found =
      std::find_if(fields_->begin(), fields_->end(), [&](const ProgramField& f) { return f.name == field; });
  if (found == fields_->end()) {
    std::vector<std::string_view> names;
    for (const ProgramField& f : *fields_) names.push_back(f.name);
    errors_.add("spec.unknown_name", where,
                "the dataset has no field " + quote(field) +
                    (names.empty() ? std::string("; it has no fields") : hint(field, names)));
    return;
  }
  kind_ = found->kind;
  std::string problem;
  if (value_ == Value::image && *kind_ != FieldKind::image) {
    problem = "\"decode\" needs an image field";
    if (*kind_ != FieldKind::bytes) problem += "; use \"field\"";
  } else if (value_ == Value::scalar && *kind_ == FieldKind::image) {
    problem = "\"field\" needs an i64 or f64 field; use \"decode\"";
  } else if (value_ == Value::scalar && *kind_ == FieldKind::bytes && !has_length_) {
    problem = "bytes differ in length from sample to sample: give \"length\", the bytes of a row in a batch";
  } else if (value_ == Value::scalar && *kind_ != FieldKind::bytes && has_length_) {
    problem = "\"length\" is for fields of kind bytes";
  }
  if (problem.empty()) return;
  errors_.add(
      "spec.wrong_type", where,
      "field " + quote(field) + " is of kind " + std::string(field_kind_name(*kind_)) + "; " + problem);
  kind_.reset();
}

bool Walk::need_image() {
  if (value_ == Value::image) return true;
  error(name() + " needs an image; this output is the field " + quote(field_));
  return false;
}

void Walk::geometry() {
  const bool resamples =
      std::holds_alternative<Resize>(op_->params) || std::holds_alternative<RandomResizedCrop>(op_->params);
  const Op* arithmetic = normalized_ != nullptr ? normalized_ : convert_ != nullptr ? convert_ : mapped_;
  if (layout_ != nullptr) {
    error(name() + " must come before \"layout\" (" + layout_->pointer + ")");
  } else if (resamples && arithmetic != nullptr) {
    error(name() + " works on u8 pixels and must come before " + quote(arithmetic->name) + " (" +
          arithmetic->pointer + ")");
  }
  if (resamples) check_scaled_resize();
  if (std::holds_alternative<Flip>(op_->params)) return;
  if (!valid_) {
    size_.forget();
    return;
  }
  if (std::string problem = size_.apply(op_->params); !problem.empty()) error(std::move(problem));
}

// Pixels of a smaller decode are averages: of no use to filters that take single pixels as they are.
void Walk::check_scaled_resize() {
  const Filter* filter = filter_of(op_->params);
  if (!scaled_.empty() && valid_ && (*filter == Filter::nearest || *filter == Filter::bilinear_point)) {
    errors_.add("spec.sequence", scaled_,
                "\"idct_scale\": \"auto\" goes with a resize that averages over all pixels, " + name() + " (" +
                    op_->pointer + ") has " +
                    (*filter == Filter::nearest ? "\"filter\": \"nearest\"" : "\"antialias\": false"));
  }
  scaled_.clear();
}

void Walk::normalize(const Normalize& p) {
  if (normalized_ != nullptr) {
    error("\"normalize\" is given twice; the first is " + normalized_->pointer);
    return;
  }
  if (dtype_ == DType::f16 || dtype_ == DType::bf16) {
    error("\"normalize\" computes in f32; put \"convert\" to " + text(*dtype_) + " (" + convert_->pointer +
          ") after it");
  } else if (dtype_ == DType::f32 && valid_ && p.range != 1) {
    error("\"normalize\" of an f32 image takes \"range\": [0, 1], found [0, 255]");
  }
  normalized_ = op_;
  dtype_ = DType::f32;
}

void Walk::convert(const Convert& p) {
  if (value_ != Value::image && convert_ != nullptr) {
    error("a field is converted once; the first \"convert\" is " + convert_->pointer);
  } else if (!valid_) {
    dtype_.reset();
  } else if (value_ == Value::image) {
    convert_image(p);
  } else if (value_ == Value::vector) {
    convert_vector(p);
  } else {
    convert_scalar(p);
  }
  convert_ = op_;
}

void Walk::convert_image(const Convert& p) {
  if (p.dtype == DType::i64) {
    error("an image cannot be converted to i64; expected u8, f16, bf16 or f32");
    return;
  }
  const bool u8_to_float = dtype_ == DType::u8 && is_float(p.dtype);
  if (u8_to_float && !p.scale) {
    errors_.add(
        "spec.missing_key", op_->pointer,
        "\"convert\" of u8 to " + text(p.dtype) +
            " without \"normalize\" before it must state the factor: \"scale\": 0.00392156862745098 for "
            "values from 0 to 1, \"scale\": 1 for 0 to 255");
  } else if (dtype_ && !u8_to_float && p.scale) {
    error("\"scale\" is for \"convert\" of u8 to f16, bf16 or f32; the image is " + text(*dtype_) +
          " here and becomes " + text(p.dtype));
  }
  if (normalized_ != nullptr && p.dtype == DType::u8) {
    error("a normalized image cannot be converted to u8; expected f16, bf16 or f32");
    return;
  }
  dtype_ = p.dtype;
}

void Walk::convert_scalar(const Convert& p) {
  if (has_length_) {
    error("bytes cannot be converted; this output is the field " + quote(field_));
    return;
  }
  if (p.scale) error("\"scale\" is for images; this output is the field " + quote(field_));
  if (p.dtype != DType::i64 && p.dtype != DType::f32) {
    error("a field can be converted to i64 or f32, found " + text(p.dtype));
  } else if (p.dtype == DType::i64 && kind_ == FieldKind::f64) {
    error("field " + quote(field_) + " is of kind f64 and can be converted to f32 only, found i64");
  }
}

void Walk::convert_vector(const Convert& p) {
  if (p.scale) error("\"scale\" is for images; this output is the field " + quote(field_));
  if (!is_float(p.dtype)) error("a vector can be converted to f16, bf16 or f32, found " + text(p.dtype));
}

void Walk::needs_pixels() {
  if (scaled_.empty()) return;
  errors_.add("spec.sequence", scaled_,
              "\"idct_scale\": \"auto\" goes by the resize after the decode, and " + name() + " (" + op_->pointer +
                  ") needs the image's pixels before it");
  scaled_.clear();
}

void Walk::call(const Call& p) {
  needs_pixels();
  if (layout_ != nullptr) error(name() + " must come before \"layout\" (" + layout_->pointer + ")");
  if (valid_ && dtype_ && dtype_ != p.in) {
    error(name() + " declares \"in\": " + quote(dtype_name(p.in)) + ", and the image is " + text(*dtype_) +
          " here");
  }
  dtype_ = valid_ ? std::optional(p.out) : std::nullopt;
  if (dtype_ == DType::f32 && mapped_ == nullptr) mapped_ = op_;
}

void Walk::map(const Map& p) {
  needs_pixels();
  if (dtype_ == DType::f16 || dtype_ == DType::bf16) {
    error("\"map\" computes in f32; put \"convert\" to " + text(*dtype_) + " (" + convert_->pointer + ") after it");
  }
  if (valid_ && dtype_ == DType::u8 && !p.dtype) {
    if (const std::string problem = looks_fractional(p.expr); !problem.empty()) {
      error("\"map\" of a u8 image gives u8, and " + problem +
            "; add \"dtype\": \"f32\" to keep them, \"dtype\": \"u8\" to round them");
    }
  }
  if (!valid_) {
    dtype_.reset();
  } else if (p.dtype) {
    dtype_ = p.dtype;
  } else if (dtype_ && dtype_ != DType::u8) {
    dtype_ = DType::f32;
  }
  if (dtype_ == DType::f32 && mapped_ == nullptr) mapped_ = op_;
}

void Walk::one_hot() {
  if (one_hot_ != nullptr) {
    error("\"one_hot\" is given twice; the first is " + one_hot_->pointer);
    return;
  }
  one_hot_ = op_;
  if (value_ == Value::image) {
    error("\"one_hot\" needs an i64 field; this output is an image");
    return;
  }
  if (has_length_ || kind_.value_or(FieldKind::i64) != FieldKind::i64) {
    error("\"one_hot\" needs an i64 field; field " + quote(field_) + " is of kind " +
          std::string(field_kind_name(has_length_ ? FieldKind::bytes : *kind_)));
  } else if (convert_ != nullptr) {
    error("\"one_hot\" takes the field as it is; put \"convert\" (" + convert_->pointer + ") after it");
  }
  value_ = Value::vector;
  has_length_ = false;
  convert_ = nullptr;
}

void Walk::label_smoothing() {
  if (smoothed_ != nullptr) {
    error("\"label_smoothing\" is given twice; the first is " + smoothed_->pointer);
  } else if (value_ != Value::vector) {
    error("\"label_smoothing\" needs a vector; put \"one_hot\" before it");
  } else if (convert_ != nullptr) {
    error("\"label_smoothing\" computes in f32; put \"convert\" (" + convert_->pointer + ") after it");
  }
  smoothed_ = op_;
}

void Walk::set_layout() {
  if (layout_ != nullptr) {
    error("\"layout\" is given twice; the first is " + layout_->pointer);
    return;
  }
  layout_ = op_;
}

void Walk::finish(const std::string& where) {
  if (value_ == Value::image && !size_.known_or_forgotten()) {
    errors_.add("spec.sequence", where, "batches need one size: add resize to [height, width] or a crop");
  }
  if (!scaled_.empty()) {
    errors_.add("spec.sequence", scaled_,
                "\"idct_scale\": \"auto\" goes by the resize after the decode, and this output has none");
  }
  if (value_ == Value::scalar && kind_ == FieldKind::f64 && convert_ == nullptr) {
    errors_.add(
        "spec.sequence", where,
        "field " + quote(field_) +
            " is of kind f64, which batches do not hold; add {\"op\": \"convert\", \"dtype\": \"f32\"}");
  }
}

OutputForm Walk::form() const {
  using Kind = OutputForm::Kind;
  if (value_ == Value::image) return {Kind::image, size_.known()};
  if (value_ == Value::vector) return {Kind::vector, std::nullopt};
  return {has_length_ ? Kind::bytes : Kind::number, std::nullopt};
}

}  // namespace

OutputForm check_sequence(const std::vector<ParsedOp>& ops, const std::string& where,
                    const std::vector<ProgramField>* fields, Reporter& errors) {
  const size_t errors_before = errors.count();
  Walk walk(fields, errors);
  bool valid = true;
  for (size_t i = 0; i < ops.size(); ++i) {
    if (!walk.step(ops[i], i == 0)) return {};
    valid = valid && ops[i].valid;
  }
  walk.finish(where);
  return valid && errors.count() == errors_before ? walk.form() : OutputForm();
}

}  // namespace headrace::spec
