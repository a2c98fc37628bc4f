#include "bench/io/memory_group.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace headrace::bench {
namespace {

bool write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

std::unique_ptr<MemoryGroup> MemoryGroup::create(uint64_t limit_bytes, std::string& why) {
  const bool first_version = exists("/sys/fs/cgroup/memory/memory.limit_in_bytes");
  const std::string root = first_version ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
  const std::string folder = root + "/headrace-bench-" + std::to_string(::getpid());
  if (::mkdir(folder.c_str(), 0755) != 0) {
    why = folder + " cannot be made: " + std::strerror(errno);
    return nullptr;
  }
  std::unique_ptr<MemoryGroup> group(new MemoryGroup(folder));
  const std::string limit = folder + (first_version ? "/memory.limit_in_bytes" : "/memory.max");
  if (!write(limit, std::to_string(limit_bytes))) {
    why = limit + " cannot be written";
    return nullptr;
  }
  return group;
}

MemoryGroup::~MemoryGroup() {
  // The kernel takes a moment to let go of a group that a process has just left.
  for (int i = 0; i < 100 && ::rmdir(folder_.c_str()) != 0 && errno == EBUSY; ++i) ::usleep(20'000);
}

bool MemoryGroup::enter() const { return write(folder_ + "/cgroup.procs", std::to_string(::getpid())); }

}  // namespace headrace::bench
