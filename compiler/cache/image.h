// Running a shared object of ours from memory: the bytes that were checked are the ones that run.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "compiler/codegen/compile.h"
#include "headrace/status.h"

namespace headrace::cache {

/// Copies the segments of a shared object that codegen::link_file() made for one level into memory of their own, fills
/// in the addresses in it, and makes code executable and everything read-only: no page is ever both writable and
/// executable. Errors: "image" (not such an object), "image.memory" (memory cannot be had, or not for code).
Expected<std::unique_ptr<codegen::Library>> map_image(std::string_view object);

}  // namespace headrace::cache
