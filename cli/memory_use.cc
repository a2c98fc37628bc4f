#include "cli/memory_use.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace headrace::cli {

uint64_t anonymous_memory() {
  std::ifstream status("/proc/self/status");
  uint64_t bytes = 0;
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("RssAnon:") && !line.starts_with("RssShmem:")) continue;
    std::istringstream value(line.substr(line.find(':') + 1));
    uint64_t kib = 0;
    if (value >> kib) bytes += kib * 1024;
  }
  return bytes;
}

void PeakMemory::sample() {
  const uint64_t used = anonymous_memory();
  peak_ = std::max(peak_, used - std::min(used, left_out_));
}

}  // namespace headrace::cli
