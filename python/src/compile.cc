#include "python/src/compile.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "headrace/compile_object.h"
#include "headrace/object_cache.h"
#include "headrace/pipeline.h"
#include "python/src/dataset.h"
#include "python/src/errors.h"
#include "python/src/schedule.h"

namespace nb = nanobind;

namespace headrace::python {
namespace {

using OptionalText = std::optional<std::string>;

struct NativeCache {
  std::shared_ptr<ObjectCache> cache;
};

const Dataset* dataset_of(const NativeDataset* native) {
  return native == nullptr ? nullptr : native->dataset.get();
}

NativeProgram compile_spec(const std::string& spec, const NativeDataset* dataset, const std::string& engine,
                           const OptionalText& isa, const OptionalText& numerics, unsigned threads,
                           const NativeCache* cache, const std::vector<std::string>& libraries,
                           const NativeSchedule* schedule) {
  CompileOptions options;
  const std::optional<Engine> parsed = parse_engine(engine);
  if (!parsed) {
    throw StatusError{
        Status("python.engine", "",
               "\"" + engine + "\" is no engine; expected \"jit\", \"interp\" or \"loop-interp\"")};
  }
  options.engine = *parsed;
  options.isa = isa_of(isa);
  options.numerics = numerics_of(numerics);
  options.threads = threads;
  if (cache != nullptr) options.cache = cache->cache;
  options.libraries = libraries;
  options.schedule = schedule_of(schedule);
  const nb::gil_scoped_release release;
  return {unwrap(compile(spec, dataset_of(dataset), options))};
}

std::string inspect_spec(const std::string& spec, const NativeDataset* dataset, const std::string& stage,
                         const OptionalText& isa, const OptionalText& numerics, const std::string& stop_after,
                         const NativeSchedule* schedule) {
  const std::optional<Stage> parsed = parse_stage(stage);
  if (!parsed) {
    throw StatusError{Status("python.stage", "",
                             "\"" + stage +
                                 "\" is no stage; expected \"graph\", \"graph-opt\", \"loop\", \"llvm\", "
                                 "\"llvm-opt\" or \"asm\"")};
  }
  InspectOptions options;
  options.isa = isa_of(isa);
  options.numerics = numerics_of(numerics);
  options.stop_after = stop_after;
  options.schedule = schedule_of(schedule);
  const nb::gil_scoped_release release;
  return unwrap(inspect(spec, dataset_of(dataset), *parsed, options));
}

/// [(pass, approximate, changed, seconds, graph after it), ...]
nb::list passes(const std::string& spec, const NativeDataset* dataset, const OptionalText& numerics) {
  std::vector<PassReport> reports;
  {
    InspectOptions options;
    options.numerics = numerics_of(numerics);
    options.on_pass = [&](const PassReport& report) { reports.push_back(report); };
    const nb::gil_scoped_release release;
    unwrap(inspect(spec, dataset_of(dataset), Stage::graph_opt, options));
  }
  nb::list list;
  for (const PassReport& r : reports) {
    list.append(nb::make_tuple(r.name, r.approx, r.changed, static_cast<double>(r.ns) * 1e-9, r.text));
  }
  return list;
}

nb::dict loader_defaults(const std::string& spec) {
  const SpecLoaderDefaults defaults = unwrap(spec_loader_defaults(spec));
  nb::dict d;
  if (defaults.order) d["order"] = *defaults.order;
  if (defaults.tail) d["tail"] = *defaults.tail;
  if (defaults.window_bytes) d["window_bytes"] = *defaults.window_bytes;
  return d;
}

nb::dict cache_counts(const NativeCache& native) {
  const CacheCounts counts = native.cache->counts();
  nb::dict d;
  d["hits"] = counts.hits;
  d["shared"] = counts.shared;
  d["misses"] = counts.misses;
  d["refused"] = counts.refused;
  d["stored"] = counts.stored;
  d["failures"] = counts.failures;
  return d;
}

/// [(name, dtype, layout, shape), ...]
nb::list outputs(const NativeProgram& native) {
  nb::list list;
  for (const ProgramOutput& o : native.program->info().outputs) {
    nb::list shape;
    for (const int64_t size : o.shape) shape.append(size);
    list.append(nb::make_tuple(o.name, std::string(dtype_name(o.dtype)), std::string(layout_name(o.layout)),
                               nb::tuple(shape)));
  }
  return list;
}

}  // namespace

std::optional<Isa> isa_of(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  const std::optional<Isa> isa = parse_isa(*name);
  if (!isa) {
    throw StatusError{Status("python.isa", "",
                             "\"" + *name +
                                 "\" is no level; expected \"x86-64-v3\", \"x86-64-v4\", "
                                 "\"x86-64-v4-vbmi2\", \"armv8-neon\" or \"host\"")};
  }
  return isa;
}

std::optional<Numerics> numerics_of(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  if (*name == "exact") return Numerics::exact;
  if (*name == "fast") return Numerics::fast;
  throw StatusError{Status("python.numerics", "", "\"" + *name + "\" is not \"fast\" or \"exact\"")};
}

void bind_compile(nb::module_& m) {
  nb::class_<NativeCache>(m, "ObjectCache", "Compiled pipelines kept on disk, as the environment asks for.")
      .def(
          "__init__",
          [](NativeCache* self) {
            new (self) NativeCache{ObjectCache::open(cache_options_from_environment())};
          },
          nb::call_guard<nb::gil_scoped_release>())
      .def_prop_ro(
          "notice", [](const NativeCache& c) { return c.cache->notice(); },
          "Why nothing is kept on disk; empty if all is well.")
      .def("counts", cache_counts);
  nb::class_<NativeProgram>(m, "Program", "A pipeline that is ready to run.")
      .def_prop_ro("engine", [](const NativeProgram& p) { return p.program->info().engine; })
      .def_prop_ro("isa", [](const NativeProgram& p) { return p.program->info().isa; })
      .def_prop_ro(
          "numerics",
          [](const NativeProgram& p) { return std::string(numerics_name(p.program->info().numerics)); })
      .def_prop_ro("key", [](const NativeProgram& p) { return p.program->info().key; })
      .def_prop_ro("mixes", [](const NativeProgram& p) { return p.program->info().mixes; })
      .def("outputs", outputs);

  m.def("compile", compile_spec, nb::arg("spec"), nb::arg("dataset").none() = nb::none(),
        nb::arg("engine") = "jit", nb::arg("isa") = nb::none(), nb::arg("numerics") = nb::none(),
        nb::arg("threads") = 0, nb::arg("cache").none() = nb::none(),
        nb::arg("libraries") = std::vector<std::string>(), nb::arg("schedule").none() = nb::none());
  m.def("inspect", inspect_spec, nb::arg("spec"), nb::arg("dataset").none() = nb::none(),
        nb::arg("stage") = "graph", nb::arg("isa") = nb::none(), nb::arg("numerics") = nb::none(),
        nb::arg("stop_after") = "", nb::arg("schedule").none() = nb::none());
  m.def("passes", passes, nb::arg("spec"), nb::arg("dataset").none() = nb::none(),
        nb::arg("numerics") = nb::none());
  m.def(
      "canonical_spec", [](const std::string& spec) { return unwrap(canonical_spec(spec)); },
      nb::arg("spec"));
  m.def("loader_defaults", loader_defaults, nb::arg("spec"));
  m.def("code_generator", code_generator);
}

}  // namespace headrace::python
