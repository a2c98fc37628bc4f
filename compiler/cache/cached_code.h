// Code from the cache, or compiled and put into it.
#pragma once

#include <memory>

#include "compiler/cache/recipe.h"
#include "compiler/codegen/compile.h"
#include "headrace/object_cache.h"
#include "headrace/status.h"

namespace headrace::cache {

/// The code of a recipe. An error means that it could not be had this way; compiling and linking it in memory may still work.
Expected<std::unique_ptr<codegen::Library>> cached_code(ObjectCache& cache, const Recipe& recipe, unsigned threads);

}  // namespace headrace::cache
