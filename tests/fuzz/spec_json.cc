// Pipeline descriptions: any text. What is accepted is written down canonically and read back the same, and
// nothing that comes after the front end refuses it.
#include <string>

#include "compiler/frontend/build_graph.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/spec.h"
#include "compiler/spec/canonical.h"
#include "target.h"
#include "text_target.h"

namespace headrace::fuzz {
namespace {

// Of the dataset that specs are read for; and without one.
const std::vector<ProgramField>& fields() {
  static const std::vector<ProgramField> list = {{"image", FieldKind::image}, {"mask", FieldKind::image},
                                                 {"label", FieldKind::i64},   {"class", FieldKind::i64, 24},
                                                 {"score", FieldKind::f64},   {"key", FieldKind::bytes}};
  return list;
}

void check_errors(const Status& status) {
  if (status.errors().empty()) fail("what is refused has an error", "there is none");
  for (const Diagnostic& d : status.errors()) {
    if (d.code.empty() || d.message.empty()) fail("an error has a code and a message", to_string(d));
  }
}

void compile(const spec::Spec& spec, const std::vector<ProgramField>* known, bool to_loops) {
  const auto graph = build_graph(spec, known);
  if (!graph.ok()) fail("a spec that is accepted has a graph", graph.status().to_string());
  expect_none("its graph is valid", graph::verify(*graph).to_string());
  graph::Graph optimised = *graph;
  expect_none("passes leave valid graphs", passes::run(optimised).to_string());
  if (!to_loops) return;
  const auto lowered = lower(optimised, {});
  if (!lowered.ok()) fail("an optimised graph is lowered", lowered.status().to_string());
}

void check(const std::string& text, const std::vector<ProgramField>* known) {
  const auto spec = parse_spec(text, known);
  if (!spec.ok()) return check_errors(spec.status());
  const std::string canonical = canonical_json(*spec);
  const auto again = parse_spec(canonical, known);
  if (!again.ok()) fail("the canonical text is accepted", again.status().to_string() + "\n" + canonical);
  if (canonical_json(*again) != canonical) fail("the canonical text stays the same", canonical);
  compile(*spec, known, one_in(8, text));
}

}  // namespace

void check_text(const std::string& text) {
  check(text, &fields());
  check(text, nullptr);
}

const std::vector<std::string_view>& words_of_language() {
  static const std::vector<std::string_view> words = {"op",
                                                      "use",
                                                      "field",
                                                      "decode",
                                                      "crop",
                                                      "center_crop",
                                                      "random_crop",
                                                      "random_resized_crop",
                                                      "resize",
                                                      "horizontal_flip",
                                                      "random_vertical_flip",
                                                      "normalize",
                                                      "convert",
                                                      "layout",
                                                      "one_hot",
                                                      "label_smoothing",
                                                      "mixup",
                                                      "cutmix",
                                                      "random_choice",
                                                      "map",
                                                      "call",
                                                      "expr",
                                                      "size",
                                                      "short_side",
                                                      "filter",
                                                      "antialias",
                                                      "bilinear",
                                                      "area",
                                                      "nearest",
                                                      "dtype",
                                                      "scale",
                                                      "f32",
                                                      "f16",
                                                      "bf16",
                                                      "u8",
                                                      "i64",
                                                      "NHWC",
                                                      "NCHW",
                                                      "channels_last",
                                                      "mean",
                                                      "std",
                                                      "range",
                                                      "image",
                                                      "mask",
                                                      "label",
                                                      "class",
                                                      "score",
                                                      "key",
                                                      "length",
                                                      "classes",
                                                      "epsilon",
                                                      "alpha",
                                                      "p",
                                                      "outputs",
                                                      "ops",
                                                      "weights",
                                                      "idct_scale",
                                                      "auto",
                                                      "exact",
                                                      "fast",
                                                      "numerics",
                                                      "shared",
                                                      "batch",
                                                      "loader",
                                                      "headrace",
                                                      "true",
                                                      "false",
                                                      "null",
                                                      "top",
                                                      "left",
                                                      "ratio"};
  return words;
}

}  // namespace headrace::fuzz
