#include "target.h"

#include <cstdio>
#include <cstdlib>

namespace headrace::fuzz {

void fail(std::string_view claim, std::string_view detail) {
  std::fprintf(stderr, "does not hold: %.*s: %.*s\n", int(claim.size()), claim.data(), int(detail.size()),
               detail.data());
  std::abort();
}

}  // namespace headrace::fuzz
