// What this process may use of the machine: processors, memory and huge pages, as the kernel and the
// container say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "headrace/status.h"

namespace headrace::platform {

/// Limits of the control groups (version 1 or 2) the process is in, the tightest of each and its ancestors.
struct CgroupLimits {
  int version = 0;                       ///< 1, 2; 0 if no control groups were found
  std::optional<double> cpus;            ///< processors' worth of time; none: unlimited
  std::optional<uint64_t> memory_bytes;  ///< none: unlimited
  uint64_t memory_in_use = 0;            ///< of memory_bytes, by the whole group; page cache not counted
};

/// `root` is put before every path looked at ("" for this machine).
CgroupLimits cgroup_limits(const std::string& root = "");

/// Facts for problem reports; empty or 0 where the system does not say.
struct HostFacts {
  std::string cpu_model;
  unsigned online_cpus = 0;
  unsigned affinity_cpus = 0;
  CgroupLimits cgroup;
  uint64_t memory_bytes = 0;       ///< of the machine
  std::string huge_pages_enabled;  ///< of transparent huge pages: "always", "madvise", "never"
  std::string huge_pages_defrag;
  uint64_t huge_page_bytes = 0;
};

HostFacts host_facts(const std::string& root = "");

/// Bytes that can be had without swapping, page cache counted as free: the machine's or, if less, what the
/// control groups leave. Nothing if the system does not say.
std::optional<uint64_t> memory_available(const std::string& root = "");

/// Training processes that share this machine, of the variable LOCAL_WORLD_SIZE; 1 where it is not set or no
/// number from 1 (which default_threads() reports).
uint64_t local_processes();

/// Threads worth starting: the processors this process may run on, or what its quota pays for if that is
/// less (rounded up), shared with the other LOCAL_WORLD_SIZE - 1 training processes of this machine.
/// At least 1. Error: "loader.threads" (the variable is set to something else than a number from 1).
Expected<unsigned> default_threads();

/// The same from given facts. `local_world_size` is the variable's text; null or empty if it is not set.
Expected<unsigned> threads_for(unsigned affinity_cpus, const std::optional<double>& quota,
                               const char* local_world_size);

}  // namespace headrace::platform
