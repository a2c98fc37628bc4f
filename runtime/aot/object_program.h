// A loaded object together with what it says of itself.
#pragma once

#include <memory>
#include <string>

#include "headrace/aot.h"

namespace headrace::aot {

struct LoadedObject {
  std::shared_ptr<const Program> program;
  ObjectInfo info;
};

/// As load_object().
Expected<LoadedObject> load(const std::string& path, const ObjectOptions& options);
Expected<LoadedObject> load(const hr_object& object, const ObjectOptions& options);

}  // namespace headrace::aot
