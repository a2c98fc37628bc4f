// Writing dataset files: from a folder of images, and sample by sample.
#pragma once

#include <nanobind/nanobind.h>

#include "runtime/dataset/import.h"

namespace headrace::python {

void bind_import_folder(nanobind::module_& m);
void bind_writer(nanobind::module_& m);

}  // namespace headrace::python
