#include "kernels/decode_limits.h"

#include <cinttypes>
#include <cstdio>

#include "kernels/report.h"

namespace headrace {
namespace {

/// What is counted, one and many, and the limit's name.
struct Words {
  const char *one, *many, *option, *member;
};

constexpr Words words_of(Limit which) {
  switch (which) {
    case Limit::pixels:
      return {"pixel", "pixels", "--max-pixels", "max_pixels"};
    case Limit::scans:
      return {"scan", "scans", "--max-scans", "max_scans"};
    case Limit::memory:
      break;
  }
  return {"byte of memory", "bytes of memory", "--max-memory", "max_memory"};
}

}  // namespace

void write_limit_message(Limit which, uint64_t asked, uint64_t limit, char* text, size_t capacity) {
  const Words words = words_of(which);
  std::snprintf(text, capacity,
                "%" PRIu64 " %s, more than the limit of %" PRIu64 "; %s raises it (DecodeLimits::%s)", asked,
                asked == 1 ? words.one : words.many, limit, words.option, words.member);
}

hr_result report_limit(hr_error* error, Limit which, uint64_t asked, uint64_t limit) {
  report(error, HR_E_LIMIT, "");
  error->args[0] = static_cast<int64_t>(asked);
  error->args[1] = static_cast<int64_t>(limit);
  write_limit_message(which, asked, limit, error->text, sizeof error->text);
  return HR_E_LIMIT;
}

std::string limit_message(Limit which, uint64_t asked, uint64_t limit) {
  char text[HR_ERROR_TEXT];
  write_limit_message(which, asked, limit, text, sizeof text);
  return text;
}

}  // namespace headrace
