// Contact sheets of batches.
#pragma once

#include <nanobind/nanobind.h>

namespace headrace::python {

void bind_sheet(nanobind::module_& m);

}  // namespace headrace::python
