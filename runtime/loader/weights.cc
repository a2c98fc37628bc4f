#include "runtime/loader/weights.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "runtime/dataset/printable.h"
#include "runtime/loader/alias_table.h"
#include "runtime/loader/weights_classes.h"

namespace headrace {
namespace {

// Positions must stay below the bit that marks random numbers keyed by position.
constexpr uint64_t kMaxDraws = uint64_t{1} << 60;

class Weighted final : public SampleWeights {
 public:
  explicit Weighted(std::span<const double> weights) : table_(weights) {}
  uint64_t draw(uint64_t first, uint64_t second) const override { return table_.draw(first, second); }
  void add_to(SequenceKey& key) const override {
    key.add("weights");
    const auto bytes = [](auto span) {
      return std::span(reinterpret_cast<const uint8_t*>(span.data()), span.size_bytes());
    };
    key.add(bytes(table_.thresholds()));
    key.add(bytes(table_.aliases()));
  }

 private:
  AliasTable table_;
};

Status wrong(const Dataset& dataset, const std::string& message) {
  return {"loader.weights", dataset.path(), message};
}

Status check_request(const Dataset& dataset, const LoaderOptions& options, uint64_t selected) {
  const Selection& s = options.selection;
  const int asked = int{!s.weights.empty()} + int{!s.weight_field.empty()} + int{!s.balance_field.empty()};
  if (asked == 0) {
    if (s.draws == 0) return {};
    return wrong(dataset,
                 "draws is " + std::to_string(s.draws) + ", but nothing says with which weights to draw");
  }
  if (asked > 1) {
    return wrong(dataset,
                 "only one of weights, weight_field and balance_field can say what draws are weighted by");
  }
  if (options.order != Order::random) {
    return wrong(dataset, "draws with weights are in random order, which \"" +
                              std::string(order_name(options.order)) + "\" is not");
  }
  if (s.draws > kMaxDraws) {
    return wrong(dataset, std::to_string(s.draws) + " draws are more than the " + std::to_string(kMaxDraws) +
                              " an epoch may have");
  }
  if (selected > AliasTable::kMaxSize) {
    return wrong(dataset, std::to_string(selected) + " samples are more than the " +
                              std::to_string(AliasTable::kMaxSize) + " that can have weights");
  }
  if (!s.weights.empty() && s.weights.size() != dataset.size()) {
    return wrong(dataset, std::to_string(s.weights.size()) + " weights were given for " +
                              std::to_string(dataset.size()) + " samples");
  }
  return {};
}

/// The number of the field, which must be of one of the kinds.
Expected<size_t> find_field(const Dataset& dataset, const std::string& name, bool real_allowed) {
  const std::optional<size_t> index = dataset.field_index(name);
  std::string possible;
  for (const Schema::Field& f : dataset.schema().fields) {
    if (f.kind != FieldKind::i64 && !(real_allowed && f.kind == FieldKind::f64)) continue;
    possible += (possible.empty() ? "" : ", ") + f.name;
  }
  if (possible.empty()) possible = "none";
  const std::string wanted = real_allowed ? "an i64 or f64 field" : "an i64 field";
  if (!index) {
    return wrong(dataset, "the dataset has no field \"" + printable(name) + "\"; expected " + wanted + ": " +
                              possible);
  }
  const FieldKind kind = dataset.schema().fields[*index].kind;
  if (kind == FieldKind::i64 || (real_allowed && kind == FieldKind::f64)) return *index;
  return wrong(dataset, "the field \"" + name + "\" is " + std::string(field_kind_name(kind)) +
                            "; expected " + wanted + ": " + possible);
}

std::string weight_text(double weight) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", weight);
  return text;
}

/// The selected samples: all, or those of a list.
struct Selected {
  const Dataset& dataset;
  const SampleList* list;

  uint64_t size() const { return list != nullptr ? list->size() : dataset.size(); }
  uint64_t operator[](uint64_t number) const { return list != nullptr ? (*list)[number] : number; }
};

/// Calls `use(sample, value)` with a field's value of each selected sample, until it returns an error.
template <class Use>
Status for_each_value(const Selected& selected, size_t field, const Use& use) {
  std::vector<hr_field> fields(selected.dataset.schema().fields.size());
  for (uint64_t i = 0; i < selected.size(); ++i) {
    HR_RETURN_IF_ERROR(selected.dataset.metadata(selected[i], fields));
    HR_RETURN_IF_ERROR(use(selected[i], fields[field].value));
  }
  return {};
}

using Made = Expected<std::unique_ptr<const SampleWeights>>;

Made balance_classes(const Selected& selected, const std::string& field_name) {
  HR_ASSIGN_OR_RETURN(const size_t field, find_field(selected.dataset, field_name, false));
  std::vector<int64_t> classes;
  classes.reserve(selected.size());
  HR_RETURN_IF_ERROR(for_each_value(selected, field, [&](uint64_t, int64_t value) {
    classes.push_back(value);
    return Status();
  }));
  return std::unique_ptr<const SampleWeights>(std::make_unique<ClassBalance>(classes));
}

Made weigh(const Selected& selected, const Selection& selection) {
  const Dataset& dataset = selected.dataset;
  std::vector<double> weights;
  weights.reserve(selected.size());
  bool any = false;
  const auto add = [&](uint64_t sample, double weight) -> Status {
    if (!(weight >= 0) || !std::isfinite(weight)) {
      return wrong(dataset, "the weight of sample " + std::to_string(sample) + " (" + dataset.key(sample) +
                                ") is " + weight_text(weight) + "; expected a finite number of at least 0");
    }
    any = any || weight > 0;
    weights.push_back(weight);
    return {};
  };
  if (!selection.weights.empty()) {
    for (uint64_t i = 0; i < selected.size(); ++i)
      HR_RETURN_IF_ERROR(add(selected[i], selection.weights[selected[i]]));
  } else {
    HR_ASSIGN_OR_RETURN(const size_t field, find_field(dataset, selection.weight_field, true));
    const bool real = dataset.schema().fields[field].kind == FieldKind::f64;
    HR_RETURN_IF_ERROR(for_each_value(selected, field, [&](uint64_t sample, int64_t value) {
      return add(sample, real ? std::bit_cast<double>(value) : static_cast<double>(value));
    }));
  }
  if (!any)
    return wrong(dataset,
                 "the weights of all " + std::to_string(selected.size()) + " selected samples are 0");
  return std::unique_ptr<const SampleWeights>(std::make_unique<Weighted>(weights));
}

}  // namespace

Expected<std::unique_ptr<const SampleWeights>> make_weights(const Dataset& dataset,
                                                            const LoaderOptions& options,
                                                            const SampleList* list) {
  const Selected selected{dataset, list};
  HR_RETURN_IF_ERROR(check_request(dataset, options, selected.size()));
  const Selection& selection = options.selection;
  if (!selection.balance_field.empty()) return balance_classes(selected, selection.balance_field);
  if (!selection.weights.empty() || !selection.weight_field.empty()) return weigh(selected, selection);
  return std::unique_ptr<const SampleWeights>();
}

}  // namespace headrace
