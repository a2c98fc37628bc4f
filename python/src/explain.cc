// What the compiler makes of a pipeline, measured on a dataset.
#include "headrace/explain.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <utility>
#include <vector>

#include "python/src/compile.h"
#include "python/src/dataset.h"
#include "python/src/errors.h"
#include "python/src/schedule.h"

namespace nb = nanobind;

namespace headrace::python {
namespace {

/// (place, why) of what only Python knows not to be fused.
using Seams = std::vector<std::pair<std::string, std::string>>;

std::string explain_spec(const std::string& spec, const NativeDataset& dataset,
                         const std::optional<std::string>& isa, const Seams& seams, bool html,
                         const NativeSchedule* schedule, const std::vector<std::string>& libraries) {
  ExplainOptions options;
  options.isa = isa_of(isa);
  options.schedule = schedule_of(schedule);
  options.libraries = libraries;
  const nb::gil_scoped_release release;
  Explanation explanation = unwrap(explain(spec, dataset.dataset, options));
  for (const auto& [where, why] : seams) {
    ExplainedSeam seam;
    seam.where = where;
    seam.why = why;
    explanation.seams.push_back(std::move(seam));
  }
  return html ? explanation_html(explanation, explanation.data) : explanation_text(explanation);
}

}  // namespace

void bind_explain(nb::module_& m) {
  m.def("explain", explain_spec, nb::arg("spec"), nb::arg("dataset"), nb::arg("isa").none() = nb::none(),
        nb::arg("seams") = Seams(), nb::arg("html") = false, nb::arg("schedule").none() = nb::none(),
        nb::arg("libraries") = std::vector<std::string>());
}

}  // namespace headrace::python
