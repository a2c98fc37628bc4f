// A finished batch as Python sees it.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "headrace/loader.h"
#include "headrace/program.h"

namespace headrace::python {

/// Owned by the Python object, which every array of the batch keeps alive; the buffer goes back to the ring
/// with it.
struct NativeBatch {
  Batch batch;
  std::shared_ptr<const Program> program;  ///< says what the outputs are
};

void bind_batch(nanobind::module_& m);

}  // namespace headrace::python
