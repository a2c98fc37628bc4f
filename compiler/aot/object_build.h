// An optimised graph on its way into one file with code for several levels.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "compiler/codegen/compile.h"
#include "compiler/codegen/link_file.h"
#include "compiler/lower/facts.h"
#include "compiler/lower/schedule.h"
#include "headrace/aot.h"
#include "headrace/status.h"
#include "ir/graph.h"
#include "ir/loop.h"

namespace headrace::aot {

struct LevelChoice {
  Isa isa = Isa::x86_64_v3;
  Schedule schedule;
  std::string debug_source = {};  ///< codegen::Target::debug_source
};

struct ObjectBuild {
  struct Level {
    codegen::Target target;
    loop::Module module;
  };
  std::vector<Level> levels;
  ObjectInfo info;  ///< complete
};

/// Lowers the graph for each level, the lowest first. Of `about`, name, spec and loader settings are taken over.
Expected<ObjectBuild> build_object(const graph::Graph& graph, const Facts& facts, std::span<const LevelChoice> levels,
                                   const ObjectInfo& about);

/// Makes the objects of a level's functions.
using CompileLevel = std::function<Expected<std::vector<codegen::Object>>(const ObjectBuild::Level&)>;

/// Compiles every level and links. A shared object has its content's hash in it.
Expected<std::string> link_object(const ObjectBuild& build, codegen::FileKind kind, const CompileLevel& compile);

/// The same, compiling on up to `threads` threads.
Expected<std::string> link_object(const ObjectBuild& build, codegen::FileKind kind, unsigned threads);

}  // namespace headrace::aot
