// Everything that makes a pipeline's code, as text: what a cache entry is found by, and can be compiled from again.
#pragma once

#include <string>
#include <string_view>

#include "compiler/lower/facts.h"
#include "compiler/lower/schedule.h"
#include "headrace/isa.h"
#include "headrace/object_cache.h"
#include "headrace/status.h"
#include "ir/graph.h"

namespace headrace::cache {

struct Recipe {
  Isa isa = Isa::x86_64_v3;
  Schedule schedule;
  Facts facts;
  graph::Graph graph;  ///< after all passes
};

/// The builds of this compiler and of LLVM, the release, and the interfaces the code relies on: the first lines of a recipe.
/// Empty if a build does not say which it is; then nothing can be kept.
std::string environment();

/// The recipe's text under environment(), and its hash. Both are empty if environment() is.
CacheKey key_of(const Recipe& recipe);

/// Reads a recipe of this build and this machine. Errors: "cache.other_build" (of another, or for other features of the
/// level `host`), "cache.recipe" (malformed), and those of the graph's text.
Expected<Recipe> parse_recipe(std::string_view text);

}  // namespace headrace::cache
