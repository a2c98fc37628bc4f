#include "compiler/spec/labels.h"

#include <algorithm>

#include "compiler/spec/text.h"
#include "compiler/spec/values.h"

namespace headrace::spec {

std::string missing_classes(const std::string& field) {
  return "missing key \"classes\" of \"one_hot\"; expected the number of classes, or a dataset whose field " +
         quote(field) + " names its values";
}

void resolve_classes(std::vector<ParsedOp>& ops, const std::vector<ProgramField>* fields, Reporter& errors) {
  const auto* source = ops.empty() ? nullptr : std::get_if<Field>(&ops.front().op.params);
  if (fields == nullptr || source == nullptr || !ops.front().valid) return;
  const auto field = std::find_if(fields->begin(), fields->end(),
                                  [&](const ProgramField& f) { return f.name == source->field; });
  if (field == fields->end() || field->kind != FieldKind::i64) return;  // reported already
  const auto values = static_cast<int64_t>(field->value_count);
  for (ParsedOp& parsed : ops) {
    auto* p = std::get_if<OneHot>(&parsed.op.params);
    if (p == nullptr || !parsed.valid) continue;
    if (!p->classes && values == 0) {
      errors.add("spec.missing_key", parsed.op.pointer, missing_classes(source->field));
    } else if (!p->classes && values > kMaxClasses) {
      errors.add("spec.too_large", parsed.op.pointer,
                 "field " + quote(source->field) + " names " + std::to_string(values) +
                     " values; a vector has at most " + std::to_string(kMaxClasses));
    } else if (!p->classes) {
      p->classes = values;
    } else if (*p->classes < values) {
      errors.add("spec.bad_value", pointer_join(parsed.op.pointer, "classes"),
                 "expected at least " + std::to_string(values) + ", as many as field " +
                     quote(source->field) + " names values, found " + std::to_string(*p->classes));
    }
  }
}

}  // namespace headrace::spec
