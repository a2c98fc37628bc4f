// headrace._native: the C++ library for the package's Python code. Not an interface for users.
#include <nanobind/nanobind.h>

#include "python/src/batch.h"
#include "python/src/command.h"
#include "python/src/compile.h"
#include "python/src/dataset.h"
#include "python/src/errors.h"
#include "python/src/loader.h"
#include "python/src/schedule.h"
#include "python/src/sheet.h"
#include "python/src/write.h"

namespace nb = nanobind;

NB_MODULE(_native, m) {
  using namespace headrace::python;
  // Objects that a program still holds when the interpreter ends are no leak.
  nb::set_leak_warnings(false);
  m.attr("version") = HEADRACE_VERSION;
  register_errors();
  bind_dataset(m);
  bind_schedule(m);
  bind_compile(m);
  bind_explain(m);
  bind_object(m);
  bind_batch(m);
  bind_loader_options(m);
  bind_loader(m);
  bind_import_folder(m);
  bind_writer(m);
  bind_sheet(m);
  bind_command(m);
}
