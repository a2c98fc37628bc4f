#include "runtime/platform/topology.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

namespace headrace::platform {
namespace {

// Version 1 says "unlimited" by the largest multiple of the page size in an int64.
constexpr uint64_t kNoMemoryLimit = uint64_t{1} << 60;

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

template <class T>
std::optional<T> parse(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool has_item(const std::string& list, std::string_view item) {
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, ',');) {
    if (part == item) return true;
  }
  return false;
}

/// Whether `path` is `folder` or lies below it.
bool is_within(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

/// Folders of the process's group in one hierarchy, innermost first. An empty `controller` means version 2.
std::vector<std::string> group_folders(const std::string& root, const std::string& controller) {
  std::string group;
  std::ifstream groups(root + "/proc/self/cgroup");  // id:controllers:path
  for (std::string line; std::getline(groups, line);) {
    const size_t a = line.find(':');
    const size_t b = a == std::string::npos ? a : line.find(':', a + 1);
    if (b == std::string::npos) continue;
    const std::string controllers = line.substr(a + 1, b - a - 1);
    if (controller.empty() ? controllers.empty() : has_item(controllers, controller))
      group = line.substr(b + 1);
  }
  if (group.empty()) return {};
  // id parent major:minor root mount-point options [tags] - type source super-options
  std::string mount_root;
  std::string mount_point;
  std::ifstream mounts(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream before(line.substr(0, dash));
    std::istringstream after(line.substr(dash + 3));
    std::string skip, type, source, super_options, in_root, point;
    before >> skip >> skip >> skip >> in_root >> point;
    after >> type >> source >> super_options;
    if (controller.empty() ? type == "cgroup2" : type == "cgroup" && has_item(super_options, controller)) {
      mount_root = in_root;
      mount_point = point;
    }
  }
  if (mount_point.empty()) return {};
  // In a container the mount may show only a part of the tree, from mount_root down.
  if (mount_root != "/") group = is_within(group, mount_root) ? group.substr(mount_root.size()) : "";
  const std::string mount = root + mount_point;
  std::vector<std::string> folders;
  while (!group.empty() && group != "/") {
    folders.push_back(mount + group);
    group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
  }
  folders.push_back(mount);
  return folders;
}

template <class T>
void tighten(std::optional<T>& limit, T value) {
  limit = limit ? std::min(*limit, value) : value;
}

/// Memory a group uses that cannot simply be dropped: all of it but the page cache of files on disk.
uint64_t in_use(const std::string& folder, const char* usage, std::string_view cache, std::string_view shared) {
  uint64_t used = parse<uint64_t>(first_line(folder + usage)).value_or(0);
  uint64_t cached = 0, kept = 0;
  std::ifstream stat(folder + "/memory.stat");
  std::string name;
  for (uint64_t value = 0; stat >> name >> value;) {
    if (name == cache) cached = value;
    if (name == shared) kept = value;
  }
  return used - std::min(used, cached - std::min(cached, kept));
}

void read_version_2(const std::vector<std::string>& folders, CgroupLimits& limits) {
  for (const std::string& folder : folders) {
    std::istringstream cpu(first_line(folder + "/cpu.max"));  // "max 100000" or "150000 100000"
    std::string quota, period;
    cpu >> quota >> period;
    const auto q = parse<uint64_t>(quota);
    const auto p = parse<uint64_t>(period);
    if (q && p && *p > 0) tighten(limits.cpus, static_cast<double>(*q) / static_cast<double>(*p));
    const auto bytes = parse<uint64_t>(first_line(folder + "/memory.max"));
    if (bytes && (!limits.memory_bytes || *bytes < *limits.memory_bytes)) {
      limits.memory_bytes = bytes;
      limits.memory_in_use = in_use(folder, "/memory.current", "file", "shmem");
    }
  }
}

void read_version_1(const std::vector<std::string>& cpu, const std::vector<std::string>& memory,
                    CgroupLimits& limits) {
  for (const std::string& folder : cpu) {
    const auto quota = parse<int64_t>(first_line(folder + "/cpu.cfs_quota_us"));  // -1: unlimited
    const auto period = parse<int64_t>(first_line(folder + "/cpu.cfs_period_us"));
    if (quota && period && *quota > 0 && *period > 0) {
      tighten(limits.cpus, static_cast<double>(*quota) / static_cast<double>(*period));
    }
  }
  for (const std::string& folder : memory) {
    const auto bytes = parse<uint64_t>(first_line(folder + "/memory.limit_in_bytes"));
    if (bytes && *bytes < kNoMemoryLimit && (!limits.memory_bytes || *bytes < *limits.memory_bytes)) {
      limits.memory_bytes = bytes;
      limits.memory_in_use = in_use(folder, "/memory.usage_in_bytes", "total_cache", "total_shmem");
    }
  }
}

/// CPUs in the affinity mask, for any number of CPUs.
unsigned affinity_cpus() {
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
    cpu_set_t* set = CPU_ALLOC(static_cast<size_t>(cpus));
    if (set == nullptr) return 0;
    const size_t bytes = CPU_ALLOC_SIZE(static_cast<size_t>(cpus));
    const int rc = ::sched_getaffinity(0, bytes, set);
    const int count = rc == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (rc == 0) return static_cast<unsigned>(count);
  }
  return 0;
}

unsigned online_cpus() { return static_cast<unsigned>(std::max(1l, ::sysconf(_SC_NPROCESSORS_ONLN))); }

/// The bracketed choice of "always [madvise] never".
std::string chosen(const std::string& line) {
  const size_t open = line.find('[');
  const size_t close = line.find(']');
  return open == std::string::npos || close == std::string::npos || close < open
             ? ""
             : line.substr(open + 1, close - open - 1);
}

/// The value after "name : " or "name: " in a file of such lines.
std::string value_of(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, name.size(), name) != 0) continue;
    const size_t colon = line.find(':');
    if (colon == std::string::npos || line.find_first_not_of(" \t", name.size()) != colon) continue;
    const size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

}  // namespace

CgroupLimits cgroup_limits(const std::string& root) {
  CgroupLimits limits;
  const std::vector<std::string> cpu = group_folders(root, "cpu");
  const std::vector<std::string> memory = group_folders(root, "memory");
  const std::vector<std::string> unified = group_folders(root, "");
  if (!unified.empty()) limits.version = 2;
  // Systems may mix the versions; then the controllers are in version 1's hierarchies.
  if (!cpu.empty() || !memory.empty()) limits.version = 1;
  read_version_2(unified, limits);
  read_version_1(cpu, memory, limits);
  return limits;
}

HostFacts host_facts(const std::string& root) {
  HostFacts facts;
  facts.cpu_model = value_of(root + "/proc/cpuinfo", "model name");
  facts.online_cpus = online_cpus();
  facts.affinity_cpus = affinity_cpus();
  facts.cgroup = cgroup_limits(root);
  std::istringstream memory(value_of(root + "/proc/meminfo", "MemTotal"));  // "24684084 kB"
  uint64_t kib = 0;
  if (memory >> kib) facts.memory_bytes = kib << 10;
  const std::string huge = root + "/sys/kernel/mm/transparent_hugepage/";
  facts.huge_pages_enabled = chosen(first_line(huge + "enabled"));
  facts.huge_pages_defrag = chosen(first_line(huge + "defrag"));
  facts.huge_page_bytes = parse<uint64_t>(first_line(huge + "hpage_pmd_size")).value_or(0);
  return facts;
}

std::optional<uint64_t> memory_available(const std::string& root) {
  std::optional<uint64_t> available;
  std::istringstream memory(value_of(root + "/proc/meminfo", "MemAvailable"));  // "21684084 kB"
  if (uint64_t kib = 0; memory >> kib) available = kib << 10;
  const CgroupLimits group = cgroup_limits(root);
  if (group.memory_bytes)
    tighten(available, *group.memory_bytes - std::min(*group.memory_bytes, group.memory_in_use));
  return available;
}

uint64_t local_processes() {
  const char* text = std::getenv("LOCAL_WORLD_SIZE");
  return text == nullptr ? 1 : std::max<uint64_t>(1, parse<uint64_t>(text).value_or(1));
}

Expected<unsigned> threads_for(unsigned affinity_cpus, const std::optional<double>& quota,
                               const char* local_world_size) {
  double cpus = std::max(1u, affinity_cpus);
  if (quota) cpus = std::min(cpus, std::max(1.0, std::ceil(*quota)));
  uint64_t processes = 1;
  if (local_world_size != nullptr && *local_world_size != 0) {
    const std::optional<uint64_t> given = parse<uint64_t>(local_world_size);
    if (!given || *given == 0) {
      return Status(
          "loader.threads", "LOCAL_WORLD_SIZE",
          "\"" + std::string(local_world_size) +
              "\" is not a whole number of 1 or more: the processes that share this machine's CPUs; "
              "correct or unset it, or say how many threads to use");
    }
    processes = *given;
  }
  return std::max(1u, static_cast<unsigned>(static_cast<uint64_t>(cpus) / processes));
}

Expected<unsigned> default_threads() {
  const unsigned affinity = affinity_cpus();
  return threads_for(affinity != 0 ? affinity : online_cpus(), cgroup_limits().cpus,
                     std::getenv("LOCAL_WORLD_SIZE"));
}

}  // namespace headrace::platform
