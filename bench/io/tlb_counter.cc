#include "bench/io/tlb_counter.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace headrace::bench {

TlbCounter::TlbCounter() {
  perf_event_attr attr = {};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_HW_CACHE;
  attr.config =
      PERF_COUNT_HW_CACHE_DTLB | PERF_COUNT_HW_CACHE_OP_READ << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16;
  attr.exclude_kernel = 1;
  fd_ = static_cast<int>(::syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
  if (fd_ < 0) why_not_ = std::strerror(errno);
}

TlbCounter::~TlbCounter() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<uint64_t> TlbCounter::count() const {
  uint64_t value = 0;
  if (fd_ < 0 || ::read(fd_, &value, sizeof value) != sizeof value) return std::nullopt;
  return value;
}

}  // namespace headrace::bench
