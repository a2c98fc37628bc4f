// What the kernel has counted for this process.
#pragma once

#include <cstdint>

namespace headrace::platform {

/// Of all threads, since the process began.
struct ProcessUsage {
  uint64_t minor_faults = 0;  ///< page faults that needed no reading
  uint64_t major_faults = 0;  ///< page faults that waited for storage
  uint64_t read_bytes = 0;  ///< fetched from storage for this process, reading ahead included; what the page
                            ///< cache had is not counted. 0 where the kernel does not count it
  uint64_t cpu_ns = 0;      ///< processor time, of user and kernel

  bool operator==(const ProcessUsage&) const = default;
};

ProcessUsage process_usage();

/// What came between.
ProcessUsage difference(const ProcessUsage& later, const ProcessUsage& earlier);

}  // namespace headrace::platform
