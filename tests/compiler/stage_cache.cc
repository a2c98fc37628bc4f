#include "tests/compiler/stage_cache.h"

#include <algorithm>
#include <utility>

namespace headrace::testing {

// Objects of some hundred pipelines; what many of them share is used all the time.
constexpr size_t kMaxEntries = 6000;

void StageCache::forget_oldest() {
  if (entries_.size() <= kMaxEntries) return;
  std::vector<uint64_t> times;
  for (const auto& [key, entry] : entries_) times.push_back(entry.used);
  const auto middle = times.begin() + std::ptrdiff_t(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  std::erase_if(entries_, [limit = *middle](const auto& e) { return e.second.used < limit; });
}

Expected<std::vector<codegen::Object>> StageCache::compile(const loop::Module& module,
                                                           const codegen::Target& target) {
  std::vector<codegen::Object> objects;
  loop::Module missing;
  for (const loop::Function& f : module.functions) {
    const auto known = entries_.find(codegen::stage_key(f, target));
    if (known == entries_.end()) {
      missing.functions.push_back(f);
      continue;
    }
    objects.push_back(known->second.object);
    known->second.used = ++clock_;
    ++reused_;
  }
  HR_ASSIGN_OR_RETURN(std::vector<codegen::Object> made, codegen::compile_objects(missing, target, 1));
  for (codegen::Object& o : made) {
    const std::string key = o.key;
    entries_[key] = {o, ++clock_};
    objects.push_back(std::move(o));
    ++compiled_;
  }
  forget_oldest();
  return objects;
}

}  // namespace headrace::testing
