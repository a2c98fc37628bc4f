#include "python/src/command.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "cli/command.h"

namespace nb = nanobind;

namespace headrace::python {
namespace {

int run_command(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const nb::gil_scoped_release release;
  return cli::run_command_line(static_cast<int>(arguments.size()), argv.data());
}

}  // namespace

void bind_command(nb::module_& m) {
  m.def("run_command", run_command, nb::arg("arguments"),
        "The `headrace` command; the first argument is its name. Returns the exit code.");
}

}  // namespace headrace::python
