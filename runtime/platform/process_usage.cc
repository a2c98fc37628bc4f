#include "runtime/platform/process_usage.h"

#include <sys/resource.h>

#include <algorithm>

namespace headrace::platform {
namespace {

// Of ru_inblock, which is /proc/self/io's read_bytes in these units; unlike that file it can always be read.
constexpr uint64_t kBlockBytes = 512;

uint64_t count(long value) { return static_cast<uint64_t>(std::max(value, 0L)); }

uint64_t nanoseconds(const timeval& t) { return count(t.tv_sec) * 1'000'000'000 + count(t.tv_usec) * 1000; }

uint64_t more(uint64_t later, uint64_t earlier) { return later - std::min(later, earlier); }

}  // namespace

ProcessUsage process_usage() {
  rusage r = {};
  if (::getrusage(RUSAGE_SELF, &r) != 0) return {};
  return {count(r.ru_minflt), count(r.ru_majflt), count(r.ru_inblock) * kBlockBytes,
          nanoseconds(r.ru_utime) + nanoseconds(r.ru_stime)};
}

ProcessUsage difference(const ProcessUsage& later, const ProcessUsage& earlier) {
  return {more(later.minor_faults, earlier.minor_faults), more(later.major_faults, earlier.major_faults),
          more(later.read_bytes, earlier.read_bytes), more(later.cpu_ns, earlier.cpu_ns)};
}

}  // namespace headrace::platform
