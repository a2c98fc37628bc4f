#include "headrace/compile_object.h"

#include <algorithm>
#include <cctype>
#include <span>
#include <thread>

#include "compiler/aot/c_header.h"
#include "compiler/aot/object_build.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/front_end.h"

namespace headrace {
namespace {

Status check_name(const std::string& name) {
  const auto word = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  const bool good = !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), word) &&
                    !std::isdigit(static_cast<unsigned char>(name[0]));
  if (good) return {};
  return {"compile.name", "", "\"" + name + "\" cannot name a pipeline; expected a C identifier of 1 to 63 characters"};
}

/// The levels, lowest first, each once.
Expected<std::vector<Isa>> choose_levels(std::vector<Isa> levels) {
  if (levels.empty()) {
    const std::optional<Arch> host = host_arch();
    if (!host) return Status("compile.levels", "", "no level is of this machine's processor; name the levels to compile for");
    const std::span<const Isa> all = isa_levels(*host);
    levels.assign(all.begin(), all.end());
  }
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  for (const Isa isa : levels) {
    if (isa == Isa::host) {
      return Status("compile.levels", "", "code for \"host\" runs on no other machine; expected one of the other levels");
    }
    if (isa_arch(isa) != isa_arch(levels[0])) {
      return Status("compile.levels", "", std::string(isa_name(levels[0])) + " and " + std::string(isa_name(isa)) +
                                              " are of different processors; an object is for one");
    }
  }
  return levels;
}

// Line tables of all levels point into one file.
Status check_same_lines(const aot::ObjectBuild& build) {
  const std::string text = loop::print(build.levels[0].module);
  for (const aot::ObjectBuild::Level& level : build.levels) {
    if (loop::print(level.module) == text) continue;
    return {"compile.debug", "",
            "the loop IR of " + std::string(isa_name(level.target.isa)) + " is not that of " +
                std::string(isa_name(build.levels[0].target.isa)) + ", and line tables name one file; expected levels of one schedule"};
  }
  return {};
}

Expected<aot::ObjectBuild> prepare(std::string_view json, const Dataset* dataset, const CompileObjectOptions& options) {
  HR_RETURN_IF_ERROR(check_name(options.name));
  HR_ASSIGN_OR_RETURN(const std::vector<Isa> levels, choose_levels(options.levels));
  HR_RETURN_IF_ERROR(check_schedule(options.schedule));
  HR_ASSIGN_OR_RETURN(FrontEnd front, front_end(json, dataset, options.numerics, options.from));
  passes::Options pass_options;
  pass_options.disable = options.disable;
  HR_RETURN_IF_ERROR(run_passes(front.graph, options.from, pass_options));
  std::vector<aot::LevelChoice> choices;
  for (const Isa isa : levels) choices.push_back({isa, schedule_for(isa, options.schedule), options.debug_source});
  ObjectInfo about;
  about.name = options.name;
  about.spec = front.canonical;
  about.loader = front.loader;
  HR_ASSIGN_OR_RETURN(aot::ObjectBuild build, aot::build_object(front.graph, facts_of(dataset), choices, about));
  if (!options.debug_source.empty()) HR_RETURN_IF_ERROR(check_same_lines(build));
  return build;
}

}  // namespace

Expected<CompiledObject> compile_object(std::string_view json, const Dataset* dataset, const CompileObjectOptions& options) {
  HR_ASSIGN_OR_RETURN(aot::ObjectBuild build, prepare(json, dataset, options));
  CompiledObject object;
  if (options.kind == ObjectKind::header) {
    object.bytes = object_c_header(build.info);
  } else {
    const unsigned threads = options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
    const auto kind = options.kind == ObjectKind::shared ? codegen::FileKind::shared : codegen::FileKind::relocatable;
    HR_ASSIGN_OR_RETURN(object.bytes, aot::link_object(build, kind, threads));
  }
  object.info = std::move(build.info);
  return object;
}

}  // namespace headrace
