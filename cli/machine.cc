#include "cli/machine.h"

#include <png.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include <array>
#include <utility>

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

std::string cache_sizes() {
  std::string text;
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  constexpr std::array<std::pair<const char*, int>, 3> kLevels = {
      {{"L1d", _SC_LEVEL1_DCACHE_SIZE}, {"L2", _SC_LEVEL2_CACHE_SIZE}, {"L3", _SC_LEVEL3_CACHE_SIZE}}};
  for (const auto& [name, id] : kLevels) {
    const long kib = ::sysconf(id) / 1024;
    if (kib <= 0) continue;
    const bool whole_mib = kib % 1024 == 0;
    text += (text.empty() ? "" : ", ") + std::string(name) + " " +
            std::to_string(whole_mib ? kib / 1024 : kib) + (whole_mib ? " MiB" : " KiB");
  }
#endif
  return text.empty() ? "unknown" : text;
}

}  // namespace headrace::cli
