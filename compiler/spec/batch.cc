#include "compiler/spec/batch.h"

#include <algorithm>
#include <array>

#include "compiler/spec/object_reader.h"
#include "compiler/spec/ops.h"
#include "compiler/spec/suggest.h"
#include "compiler/spec/text.h"
#include "compiler/spec/values.h"

namespace headrace::spec {
namespace {

using json::Kind;
using json::Value;
using Form = OutputForm::Kind;

constexpr size_t kMaxSteps = 16;  ///< of the section
constexpr std::array<std::string_view, 3> kNames = {"mixup", "cutmix", "random_choice"};
constexpr std::span<const std::string_view> kMixNames(kNames.data(), 2);
constexpr std::string_view kOutputsText = "a list of names of outputs";

class BatchReader {
 public:
  BatchReader(const std::vector<NamedForm>* outputs, Reporter& errors) : outputs_(outputs), errors_(errors) {}

  /// An element of the section.
  std::optional<BatchStep> step(const Value& element, const std::string& where) {
    const std::optional<size_t> op = op_of(element, where, kNames);
    if (!op) return std::nullopt;
    BatchStep step;
    step.pointer = where;
    if (kNames[*op] == "random_choice") {
      choice(element, step);
    } else {
      step.ops.push_back(mix(element, where, *op));
    }
    return step;
  }

 private:
  /// Which of `names` an element is.
  std::optional<size_t> op_of(const Value& element, const std::string& where,
                              std::span<const std::string_view> names) {
    if (element.kind != Kind::object) {
      errors_.add("spec.wrong_type", where,
                  "expected a batch op, {\"op\": NAME, ...}, found " + describe(element));
      return std::nullopt;
    }
    const Value* name = element.find("op");
    if (name == nullptr) {
      errors_.add("spec.missing_key", where, "missing key \"op\"; expected " + name_list(names));
      return std::nullopt;
    }
    const std::string name_where = pointer_join(where, "op");
    const auto text = read_string(*name, name_where, "the name of a batch op", errors_);
    if (!text) return std::nullopt;
    const auto found = std::find(names.begin(), names.end(), *text);
    if (found != names.end()) return size_t(found - names.begin());
    const auto of_samples = op_names();
    if (std::find(of_samples.begin(), of_samples.end(), *text) != of_samples.end()) {
      errors_.add("spec.unknown_op", name_where,
                  quote(*text) + " works on one sample; put it into an output");
    } else if (*text == "random_choice") {
      errors_.add("spec.bad_value", name_where,
                  "\"random_choice\" stands in no other; expected " + name_list(names));
    } else {
      errors_.add("spec.unknown_op", name_where, "unknown batch op " + quote(*text) + hint(*text, names));
    }
    return std::nullopt;
  }

  Mix mix(const Value& element, const std::string& where, size_t op) {
    static constexpr std::array<std::string_view, 4> kKeys = {"op", "alpha", "p", "outputs"};
    ObjectReader in(element, where, quote(kMixNames[op]), kKeys, errors_);
    Mix m;
    m.cuts = kMixNames[op] == "cutmix";
    m.pointer = where;
    if (const Value* v = in.find("alpha")) {
      const auto alpha = read_number(
          *v, in.where("alpha"), "a number from 0.001 to 1000",
          [](double x) { return x >= 0.001 && x <= 1000; }, errors_);
      if (alpha) m.alpha = *alpha;
    }
    if (const Value* v = in.find("p")) {
      const auto p = read_number(
          *v, in.where("p"), "a number from 0 to 1", [](double x) { return x >= 0 && x <= 1; }, errors_);
      if (p) m.p = *p;
    }
    if (const Value* v = in.require("outputs", kOutputsText)) read_outputs(*v, in.where("outputs"), m);
    return m;
  }

  void read_outputs(const Value& list, const std::string& where, Mix& m) {
    if (list.kind != Kind::list || list.items.empty()) {
      errors_.add(list.kind == Kind::list ? "spec.bad_value" : "spec.wrong_type", where,
                  "expected " + std::string(kOutputsText) + ", found " + describe(list));
      return;
    }
    const size_t errors_before = errors_.count();
    std::vector<const NamedForm*> forms;
    for (size_t i = 0; i < list.items.size(); ++i) {
      const std::string item_where = pointer_join(where, i);
      const auto name = read_string(list.items[i], item_where, "the name of an output", errors_);
      if (!name) continue;
      if (std::find(m.outputs.begin(), m.outputs.end(), *name) != m.outputs.end()) {
        errors_.add("spec.bad_value", item_where, "output " + quote(*name) + " is named twice");
        continue;
      }
      if (const NamedForm* form = find_output(*name, item_where)) forms.push_back(form);
      m.outputs.push_back(*name);
    }
    if (m.cuts && outputs_ != nullptr && errors_.count() == errors_before) check_box(forms, where);
  }

  /// The output of a name if it can be mixed, or may be.
  const NamedForm* find_output(const std::string& name, const std::string& where) {
    if (outputs_ == nullptr) return nullptr;
    const auto found =
        std::find_if(outputs_->begin(), outputs_->end(), [&](const NamedForm& o) { return o.name == name; });
    if (found == outputs_->end()) {
      std::vector<std::string_view> names;
      for (const NamedForm& o : *outputs_) names.push_back(o.name);
      errors_.add("spec.unknown_name", where, "there is no output " + quote(name) + hint(name, names));
      return nullptr;
    }
    const std::string needs = "mixing needs an image or a vector";
    if (found->form.kind == Form::number) {
      errors_.add("spec.sequence", where,
                  "output " + quote(name) + " is a number; " + needs +
                      ": add {\"op\": \"one_hot\", \"classes\": N} to it");
      return nullptr;
    }
    if (found->form.kind == Form::bytes) {
      errors_.add("spec.sequence", where, "output " + quote(name) + " is a row of bytes; " + needs);
      return nullptr;
    }
    return &*found;
  }

  /// cutmix takes one box out of all its images.
  void check_box(const std::vector<const NamedForm*>& forms, const std::string& where) {
    const NamedForm* image = nullptr;
    for (const NamedForm* o : forms) {
      if (o->form.kind == Form::unknown) return;
      if (o->form.kind != Form::image) continue;
      if (!o->form.size) return;
      const auto size = [](const NamedForm& f) {
        return quote(f.name) + " is [" + std::to_string(f.form.size->height) + ", " +
               std::to_string(f.form.size->width) + "]";
      };
      if (image == nullptr) {
        image = o;
      } else if (o->form.size->height != image->form.size->height ||
                 o->form.size->width != image->form.size->width) {
        errors_.add("spec.sequence", where,
                    "\"cutmix\" cuts one box out of all images, which must be of one size; output " +
                        size(*image) + ", output " + size(*o));
        return;
      }
    }
    if (image == nullptr) {
      errors_.add("spec.sequence", where,
                  "\"cutmix\" cuts a box out of images; expected at least one among the outputs");
    }
  }

  void choice(const Value& element, BatchStep& step) {
    static constexpr std::array<std::string_view, 3> kKeys = {"op", "ops", "weights"};
    ObjectReader in(element, step.pointer, "\"random_choice\"", kKeys, errors_);
    const std::string expected = "a list of 2 to " + std::to_string(kMaxChoices) + " batch ops";
    const Value* ops = in.require("ops", expected);
    if (ops == nullptr) return;
    const std::string where = in.where("ops");
    if (ops->kind != Kind::list || ops->items.size() < 2 || ops->items.size() > kMaxChoices) {
      errors_.add(ops->kind == Kind::list ? "spec.bad_value" : "spec.wrong_type", where,
                  "expected " + expected + ", found " + describe(*ops));
      return;
    }
    for (size_t i = 0; i < ops->items.size(); ++i) {
      const std::string item_where = pointer_join(where, i);
      if (const auto op = op_of(ops->items[i], item_where, kMixNames)) {
        step.ops.push_back(mix(ops->items[i], item_where, *op));
      }
    }
    step.weights.assign(ops->items.size(), 1.0);
    if (const Value* v = in.find("weights")) read_weights(*v, in.where("weights"), step.weights);
  }

  void read_weights(const Value& list, const std::string& where, std::vector<double>& weights) {
    if (list.kind != Kind::list || list.items.size() != weights.size()) {
      errors_.add(list.kind == Kind::list ? "spec.bad_value" : "spec.wrong_type", where,
                  "expected a number for each of the " + std::to_string(weights.size()) + " ops, found " +
                      describe(list));
      return;
    }
    for (size_t i = 0; i < weights.size(); ++i) {
      const auto weight = read_number(
          list.items[i], pointer_join(where, i), "a number from 1e-6 to 1e6",
          [](double x) { return x >= 1e-6 && x <= 1e6; }, errors_);
      if (weight) weights[i] = *weight;
    }
  }

  const std::vector<NamedForm>* outputs_;
  Reporter& errors_;
};

}  // namespace

std::span<const std::string_view> batch_op_names() { return kNames; }

void parse_batch(const Value& section, const std::vector<NamedForm>* outputs, Spec& spec, Reporter& errors) {
  const std::string where = "/batch";
  if (section.kind != Kind::list || section.items.empty()) {
    errors.add(section.kind == Kind::list ? "spec.bad_value" : "spec.wrong_type", where,
               "expected a list of batch ops, found " + describe(section));
    return;
  }
  if (section.items.size() > kMaxSteps) {
    errors.add("spec.too_large", where,
               "found " + std::to_string(section.items.size()) + " batch ops; a spec has at most " +
                   std::to_string(kMaxSteps));
    return;
  }
  BatchReader reader(outputs, errors);
  for (size_t i = 0; i < section.items.size(); ++i) {
    if (auto step = reader.step(section.items[i], pointer_join(where, i)))
      spec.batch.push_back(std::move(*step));
  }
}

}  // namespace headrace::spec
