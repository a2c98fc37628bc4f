// Ahead-of-time objects: made, read and loaded.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "headrace/aot.h"
#include "headrace/compile_object.h"
#include "python/src/compile.h"
#include "python/src/dataset.h"
#include "python/src/errors.h"
#include "python/src/schedule.h"

namespace nb = nanobind;

namespace headrace::python {
namespace {

ObjectKind kind_of(const std::string& name) {
  if (name == "so") return ObjectKind::shared;
  if (name == "obj") return ObjectKind::relocatable;
  if (name == "header") return ObjectKind::header;
  throw StatusError{Status("python.kind", "",
                           "\"" + name + "\" is no kind of object; expected \"so\", \"obj\" or \"header\"")};
}

nb::bytes make_object(const std::string& spec, const NativeDataset* dataset, const std::string& kind,
                      const std::string& name, const std::vector<std::string>& levels,
                      const std::optional<std::string>& numerics, unsigned threads,
                      const NativeSchedule* schedule) {
  CompileObjectOptions options;
  options.kind = kind_of(kind);
  options.name = name;
  for (const std::string& level : levels) options.levels.push_back(*isa_of(level));
  options.numerics = numerics_of(numerics);
  options.threads = threads;
  options.schedule = schedule_of(schedule);
  const CompiledObject object = [&] {
    const nb::gil_scoped_release release;
    return unwrap(compile_object(spec, dataset == nullptr ? nullptr : dataset->dataset.get(), options));
  }();
  return nb::bytes(object.bytes.data(), object.bytes.size());
}

nb::dict object_info(const std::string& path) {
  const ObjectInfo info = unwrap(read_object(path));
  nb::dict d;
  d["name"] = info.name;
  d["producer"] = info.producer;
  d["key"] = info.key;
  d["abi_version"] = info.abi_version;
  d["arch"] = std::string(arch_name(info.arch));
  nb::list levels;
  for (const ObjectLevel& level : info.levels) levels.append(level.isa);
  d["levels"] = levels;
  d["spec"] = info.spec;
  nb::dict loader;
  for (const auto& [name, value] : info.loader) loader[nb::cast(name)] = value;
  d["loader"] = loader;
  return d;
}

}  // namespace

void bind_object(nb::module_& m) {
  m.def("compile_object", make_object, nb::arg("spec"), nb::arg("dataset").none(), nb::arg("kind"),
        nb::arg("name"), nb::arg("levels"), nb::arg("numerics"), nb::arg("threads") = 0,
        nb::arg("schedule").none() = nb::none());
  m.def("object_info", object_info, nb::arg("path"));
  m.def(
      "load_object",
      [](const std::string& path, const std::optional<std::string>& isa,
         const std::vector<std::string>& libraries) {
        const ObjectOptions options{.isa = isa_of(isa), .libraries = libraries};
        const nb::gil_scoped_release release;
        return NativeProgram{unwrap(load_object(path, options))};
      },
      nb::arg("path"), nb::arg("isa") = nb::none(), nb::arg("libraries") = std::vector<std::string>());
}

}  // namespace headrace::python
