#include "python/src/schedule.h"

#include <nanobind/stl/string.h>

#include <string>

#include "cli/schedule_file.h"
#include "python/src/errors.h"

namespace nb = nanobind;

namespace headrace::python {

void bind_schedule(nb::module_& m) {
  nb::class_<NativeSchedule>(m, "Schedule", "How a pipeline's code is written.")
      .def_prop_ro("json", [](const NativeSchedule& s) { return schedule_json(s.options); });
  m.def(
      "parse_schedule", [](const std::string& json) { return NativeSchedule{unwrap(parse_schedule(json))}; },
      nb::arg("json"));
  m.def(
      "read_schedule",
      [](const std::string& path) { return NativeSchedule{unwrap(cli::read_schedule(path))}; },
      nb::arg("path"));
}

}  // namespace headrace::python
