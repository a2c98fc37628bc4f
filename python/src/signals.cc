#include "python/src/signals.h"

#include <nanobind/nanobind.h>

namespace nb = nanobind;

namespace headrace::python {

bool signals_raised() {
  const nb::gil_scoped_acquire gil;
  return PyErr_CheckSignals() != 0;
}

}  // namespace headrace::python
