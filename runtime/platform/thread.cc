#include "runtime/platform/thread.h"

#include <pthread.h>
#include <sched.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace headrace::platform {

void name_this_thread(const std::string& name) {
  (void)::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
}

int cpu_of_thread(unsigned index, unsigned count, const int* allowed, unsigned allowed_count,
                  const char* local_rank) {
  uint64_t rank = 0;
  if (local_rank != nullptr && *local_rank != 0) {
    char* end = nullptr;
    rank = std::strtoull(local_rank, &end, 10);
    if (*end != 0) rank = 0;
  }
  return allowed[(rank * count + index) % allowed_count];
}

void pin_this_thread(unsigned index, unsigned count) {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return;
  std::vector<int> allowed;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) allowed.push_back(cpu);
  }
  if (allowed.empty()) return;
  CPU_ZERO(&set);
  CPU_SET(cpu_of_thread(index, count, allowed.data(), static_cast<unsigned>(allowed.size()),
                        std::getenv("LOCAL_RANK")),
          &set);
  (void)::sched_setaffinity(0, sizeof set, &set);
}

}  // namespace headrace::platform
