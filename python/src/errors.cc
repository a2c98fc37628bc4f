#include "python/src/errors.h"

#include <nanobind/stl/string.h>

#include <exception>

namespace nb = nanobind;

namespace headrace::python {

nb::object to_exception(const Status& status) {
  nb::list errors;
  for (const Diagnostic& d : status.errors()) {
    errors.append(nb::make_tuple(d.code, d.where, d.message));
  }
  return nb::module_::import_("headrace._errors").attr("from_diagnostics")(errors);
}

void register_errors() {
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const StatusError& e) {
      const nb::object exception = to_exception(e.status);
      PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
    }
  });
}

}  // namespace headrace::python
