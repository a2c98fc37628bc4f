// The `headrace` command inside the module, so that a wheel holds the compiler once.
#pragma once

#include <nanobind/nanobind.h>

namespace headrace::python {

void bind_command(nanobind::module_& m);

}  // namespace headrace::python
