#include "compiler/cache/cached_code.h"

#include <algorithm>
#include <thread>

#include "compiler/aot/object_build.h"
#include "compiler/cache/image.h"

namespace headrace {
namespace cache {
namespace {

/// A shared object with the recipe's one level.
Expected<std::string> make_image(const Recipe& recipe, unsigned threads) {
  const aot::LevelChoice level{recipe.isa, recipe.schedule};
  ObjectInfo about;
  about.name = "pipeline";
  HR_ASSIGN_OR_RETURN(const aot::ObjectBuild build, aot::build_object(recipe.graph, recipe.facts, std::span(&level, 1), about));
  return aot::link_object(build, codegen::FileKind::shared, threads);
}

}  // namespace

Expected<std::unique_ptr<codegen::Library>> cached_code(ObjectCache& cache, const Recipe& recipe, unsigned threads) {
  const CacheKey key = key_of(recipe);
  if (key.hex.empty()) return Status("cache.build", "", "this build does not say which it is");
  HR_ASSIGN_OR_RETURN(const ObjectCache::Payload image, cache.get(key, [&] { return make_image(recipe, threads); }));
  return map_image(*image);
}

}  // namespace cache

CacheCheck check_entry(const CacheEntry& entry) {
  if (!entry.problem.empty() || codegen::sha256_hex(entry.recipe) != entry.key) return CacheCheck::refused;
  const Expected<cache::Recipe> recipe = cache::parse_recipe(entry.recipe);
  if (!recipe.ok()) return recipe.status().code() == "cache.other_build" ? CacheCheck::other_build : CacheCheck::refused;
  const Expected<std::string> again = cache::make_image(*recipe, std::max(1u, std::thread::hardware_concurrency()));
  return again.ok() && *again == entry.payload ? CacheCheck::same : CacheCheck::different;
}

}  // namespace headrace
