// In place of the linker, where headrace is built without it.
#include "headrace/compile_object.h"
#include "headrace/object_cache.h"

namespace headrace {

Expected<CompiledObject> compile_object(std::string_view, const Dataset*, const CompileObjectOptions&) {
  return Status("compile.no_jit", "", "headrace was built without what makes objects (HEADRACE_AOT=OFF)");
}

CacheCheck check_entry(const CacheEntry& entry) {
  return entry.problem.empty() ? CacheCheck::other_build : CacheCheck::refused;
}

}  // namespace headrace
