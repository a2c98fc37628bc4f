#include "cli/program_source.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <utility>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/schedule_file.h"
#include "headrace/aot.h"
#include "headrace/compile_object.h"

namespace headrace::cli {

void ProgramSource::declare(CLI::App& app) {
  add_spec(app, spec)->required(false);
  add_dataset(app, file)->required(false);
  engine_ = add_engine(app, options.engine);
  app.add_option("--object", object,
                 "what the engine aot runs: a shared object, as `headrace compile --emit so` makes it; SPEC may then be left out")
      ->type_name("PATH");
  add_isa(app, options.isa);
  add_numerics(app, options.numerics);
  add_schedule(app, schedule_file);
  add_disable(app, options.disable);
  add_libraries(app, options.libraries);
  app.add_option("--debug", debug_file,
                 "write the loop IR into this file and tell GDB of the code and of the lines it comes from")
      ->type_name("FILE");
}

void ProgramSource::resolve() {
  const bool aot = options.engine == Engine::aot;
  if (aot && object.empty()) throw CLI::ValidationError("--engine", "aot runs an object; name it with --object");
  if (aot && !schedule_file.empty()) throw CLI::ValidationError("--schedule", "an object has been compiled already");
  if (aot && !options.disable.empty()) throw CLI::ValidationError("--disable", "an object has been compiled already");
  if (options.engine != Engine::jit && !debug_file.empty()) {
    throw CLI::ValidationError("--debug", aot ? "an object has line tables if `headrace compile -g` made it"
                                              : "is of the engine jit; the others run no code of the pipeline's own");
  }
  if (!aot && !object.empty()) throw CLI::ValidationError("--object", "is what --engine aot runs");
  if (aot && file.empty()) std::swap(spec, file);
  if (spec.empty() && !aot) throw CLI::RequiredError("SPEC");
  if (file.empty()) throw CLI::RequiredError("FILE");
}

namespace {

/// What an object was compiled from: a spec is a JSON object.
bool is_graph(const std::string& text) { return text.starts_with("graph "); }

}  // namespace

Expected<LoaderOptions> ProgramSource::loader_settings(const std::string& text) const {
  if (options.engine == Engine::aot && is_graph(text)) return LoaderOptions{};
  return loader_options(spec, text);
}

Expected<std::string> ProgramSource::spec_text() const {
  if (options.engine != Engine::aot) return read_spec(spec);
  HR_ASSIGN_OR_RETURN(ObjectInfo info, read_object(object));
  if (spec.empty()) return std::move(info.spec);
  if (is_graph(info.spec)) {
    return Status("object.spec", object, "was compiled from a graph, not from a spec; leave " + spec + " out");
  }
  HR_ASSIGN_OR_RETURN(std::string text, read_spec(spec));
  const Expected<std::string> canonical = canonical_spec(text, options.numerics);
  if (!canonical.ok()) return in_spec_file(spec, canonical.status());
  if (*canonical == info.spec) return text;
  return Status("object.spec", object, "was compiled from another spec than " + spec + ": from " + info.spec + "; expected " + *canonical);
}

Status ProgramSource::debug(const std::string& text, const Dataset& dataset, CompileOptions& chosen) const {
  HR_RETURN_IF_ERROR(check_output(debug_file, {spec, file, schedule_file}));
  InspectOptions as_compiled;
  as_compiled.isa = chosen.isa;
  as_compiled.numerics = chosen.numerics;
  as_compiled.schedule = chosen.schedule;
  as_compiled.disable = chosen.disable;
  HR_ASSIGN_OR_RETURN(const std::string loops, inspect(text, &dataset, Stage::loop, as_compiled));
  HR_RETURN_IF_ERROR(write_text(debug_file, loops));
  chosen.debug = {.source = std::filesystem::absolute(debug_file).string(), .gdb = true};
  return {};
}

Expected<std::shared_ptr<const Program>> ProgramSource::program(const std::string& text, const Dataset& dataset) const {
  if (options.engine == Engine::aot) return load_object(object, {.isa = options.isa, .libraries = options.libraries});
  CompileOptions chosen = options;
  HR_ASSIGN_OR_RETURN(chosen.schedule, read_schedule(schedule_file));
  if (options.engine == Engine::jit) {
    chosen.cache = ObjectCache::open(cache_options_from_environment());
    if (const std::string notice = chosen.cache->notice(); !notice.empty()) warn(notice);
  }
  if (!debug_file.empty()) {
    if (const Status status = debug(text, dataset, chosen); !status.ok()) return in_spec_file(spec, status);
  }
  Expected<std::shared_ptr<const Program>> made = compile(text, &dataset, chosen);
  if (made.status().code() == "compile.no_executable_memory" && engine_->count() == 0) {
    warn(made.status().errors()[0].message + ": using it");
    chosen.engine = Engine::loop_interp;
    made = compile(text, &dataset, chosen);
  }
  if (!made.ok()) return in_spec_file(spec, made.status());
  if (options.isa && options.engine != Engine::jit) {
    warn("--isa makes no difference to the engine " + std::string(engine_name(options.engine)));
  }
  if (!schedule_file.empty() && options.engine == Engine::interp) warn("--schedule makes no difference to the engine interp");
  return made;
}

}  // namespace headrace::cli
