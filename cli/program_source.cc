#include "cli/program_source.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/command.h"
#include "cli/options.h"
#include "headrace/aot.h"
#include "headrace/compile_object.h"

namespace headrace::cli {

void ProgramSource::declare(CLI::App& app) {
  add_spec(app, spec)->required(false);
  add_dataset(app, file)->required(false);
  add_engine(app, options.engine);
  app.add_option("--object", object,
                 "what the engine aot runs: a shared object, as `headrace compile --emit so` makes it; SPEC may then be left out")
      ->type_name("PATH");
  add_isa(app, options.isa);
  add_numerics(app, options.numerics);
}

void ProgramSource::resolve() {
  const bool aot = options.engine == Engine::aot;
  if (aot && object.empty()) throw CLI::ValidationError("--engine", "aot runs an object; name it with --object");
  if (!aot && !object.empty()) throw CLI::ValidationError("--object", "is what --engine aot runs");
  if (aot && file.empty()) std::swap(spec, file);
  if (spec.empty() && !aot) throw CLI::RequiredError("SPEC");
  if (file.empty()) throw CLI::RequiredError("FILE");
}

Expected<std::string> ProgramSource::spec_text() const {
  if (options.engine != Engine::aot) return read_spec(spec);
  HR_ASSIGN_OR_RETURN(ObjectInfo info, read_object(object));
  if (spec.empty()) return std::move(info.spec);
  HR_ASSIGN_OR_RETURN(std::string text, read_spec(spec));
  const Expected<std::string> canonical = canonical_spec(text, options.numerics);
  if (!canonical.ok()) return in_spec_file(spec, canonical.status());
  if (*canonical == info.spec) return text;
  return Status("object.spec", object, "was compiled from another spec than " + spec + ": from " + info.spec + "; expected " + *canonical);
}

Expected<std::shared_ptr<const Program>> ProgramSource::program(const std::string& text, const Dataset& dataset) const {
  if (options.engine == Engine::aot) return load_object(object, {.isa = options.isa});
  CompileOptions chosen = options;
  if (options.engine == Engine::jit) {
    chosen.cache = ObjectCache::open(cache_options_from_environment());
    if (const std::string notice = chosen.cache->notice(); !notice.empty()) warn(notice);
  }
  Expected<std::shared_ptr<const Program>> made = compile(text, &dataset, chosen);
  if (!made.ok()) return in_spec_file(spec, made.status());
  if (options.isa && options.engine != Engine::jit) {
    warn("--isa makes no difference to the engine " + std::string(engine_name(options.engine)));
  }
  return made;
}

}  // namespace headrace::cli
