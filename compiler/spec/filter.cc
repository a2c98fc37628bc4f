#include "compiler/spec/filter.h"

#include <array>

#include "compiler/spec/text.h"
#include "compiler/spec/values.h"

namespace headrace::spec {
namespace {

constexpr std::array<std::string_view, 3> kFilterNames = {"bilinear", "area", "nearest"};

}  // namespace

Filter* filter_of(OpParams& params) {
  if (auto* p = std::get_if<RandomResizedCrop>(&params)) return &p->filter;
  if (auto* p = std::get_if<Resize>(&params)) return &p->filter;
  return nullptr;
}

const Filter* filter_of(const OpParams& params) {
  if (const auto* p = std::get_if<RandomResizedCrop>(&params)) return &p->filter;
  if (const auto* p = std::get_if<Resize>(&params)) return &p->filter;
  return nullptr;
}

std::string_view filter_name(Filter filter) {
  switch (filter) {
    case Filter::bilinear:
    case Filter::bilinear_point:
      return kFilterNames[0];
    case Filter::area:
      return kFilterNames[1];
    case Filter::nearest:
      return kFilterNames[2];
  }
  return "?";
}

bool is_bilinear(Filter filter) { return filter == Filter::bilinear || filter == Filter::bilinear_point; }

Filter read_filter(ObjectReader& in, Filter base) {
  constexpr std::array<Filter, kFilterNames.size()> kFilters = {Filter::bilinear, Filter::area,
                                                                Filter::nearest};
  Filter filter = base;
  bool filter_valid = true;
  if (const json::Value* v = in.find("filter")) {
    const auto index = read_choice(*v, in.where("filter"), kFilterNames, in.errors());
    filter_valid = index.has_value();
    if (index && !(is_bilinear(kFilters[*index]) && is_bilinear(base))) filter = kFilters[*index];
  }
  if (const json::Value* v = in.find("antialias")) {
    const auto antialias = read_bool(*v, in.where("antialias"), in.errors());
    if (antialias && filter_valid && !is_bilinear(filter)) {
      in.errors().add("spec.bad_value", in.where("antialias"),
                      "\"antialias\" goes with the filter \"bilinear\" only; the filter here is " +
                          quote(filter_name(filter)));
    } else if (antialias && filter_valid) {
      filter = *antialias ? Filter::bilinear : Filter::bilinear_point;
    }
  }
  return filter;
}

}  // namespace headrace::spec
