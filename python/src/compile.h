// Pipelines: compiled, and looked at.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <optional>
#include <string>

#include "headrace/isa.h"
#include "headrace/program.h"
#include "headrace/types.h"

namespace headrace::python {

struct NativeProgram {
  std::shared_ptr<const Program> program;
};

/// Errors: "python.isa", "python.numerics", which list the names there are.
std::optional<Isa> isa_of(const std::optional<std::string>& name);
std::optional<Numerics> numerics_of(const std::optional<std::string>& name);

void bind_compile(nanobind::module_& m);
void bind_explain(nanobind::module_& m);
void bind_object(nanobind::module_& m);

}  // namespace headrace::python
