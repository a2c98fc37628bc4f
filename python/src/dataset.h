// Dataset files as Python sees them.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "headrace/dataset.h"

namespace headrace::python {

struct NativeDataset {
  std::shared_ptr<const Dataset> dataset;
};

void bind_dataset(nanobind::module_& m);

}  // namespace headrace::python
