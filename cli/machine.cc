#include "cli/machine.h"

#include <png.h>
#include <sys/utsname.h>
#include <xxhash.h>
#include <zstd.h>

#include "headrace/pipeline.h"
#include "kernels/jpeg_library.h"

#define HR_TEXT_INNER(x) #x
#define HR_TEXT(x) HR_TEXT_INNER(x)

namespace headrace::cli {
namespace {

std::string jpeg_version() {
#ifdef LIBJPEG_TURBO_VERSION
  return HR_TEXT(LIBJPEG_TURBO_VERSION);  // the library cannot be asked; its headers say
#else
  return "not libjpeg-turbo";
#endif
}

std::string xxhash_version() {
  const unsigned v = XXH_versionNumber();
  return std::to_string(v / 10000) + "." + std::to_string(v / 100 % 100) + "." + std::to_string(v % 100);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> library_versions() {
  const std::string generator = code_generator();
  return {{"code generator", generator.empty() ? "none" : generator},
          {"libjpeg-turbo", jpeg_version()},
          {"zstd", ZSTD_versionString()},
          {"xxHash", xxhash_version()},
          {"libpng", png_get_libpng_ver(nullptr)}};
}

std::string kernel_version() {
  utsname u{};
  if (::uname(&u) != 0) return "unknown";
  return std::string(u.sysname) + " " + u.release + " " + u.machine;
}

}  // namespace headrace::cli
