// Processors and memory as seen through fake /proc and /sys trees, and anonymous buffers.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "runtime/platform/buffer.h"
#include "runtime/platform/topology.h"

namespace headrace::platform {
namespace {

class FakeRoot : public ::testing::Test {
 protected:
  FakeRoot() {
    std::string pattern = (std::filesystem::temp_directory_path() / "headrace-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    root_ = pattern;
  }
  ~FakeRoot() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  std::string root_;
};

TEST_F(FakeRoot, NoControlGroups) {
  const CgroupLimits limits = cgroup_limits(root_);
  EXPECT_EQ(limits.version, 0);
  EXPECT_FALSE(limits.cpus);
  EXPECT_FALSE(limits.memory_bytes);
}

TEST_F(FakeRoot, Version2TakesTheTightestAncestor) {
  write("/proc/self/cgroup", "0::/a/b\n");
  write(
      "/proc/self/mountinfo",
      "22 1 0:21 / /proc rw - proc proc rw\n31 24 0:28 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n");
  write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  write("/sys/fs/cgroup/a/cpu.max", "250000 100000\n");
  write("/sys/fs/cgroup/a/b/memory.max", "1073741824\n");
  write("/sys/fs/cgroup/a/memory.max", "max\n");
  CgroupLimits limits = cgroup_limits(root_);
  EXPECT_EQ(limits.version, 2);
  EXPECT_EQ(limits.cpus, 2.5);
  EXPECT_EQ(limits.memory_bytes, uint64_t{1} << 30);
  write("/sys/fs/cgroup/a/memory.max", "1000000\n");
  write("/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n");
  limits = cgroup_limits(root_);
  EXPECT_EQ(limits.cpus, 0.5);
  EXPECT_EQ(limits.memory_bytes, 1'000'000u);
}

TEST_F(FakeRoot, Version2OfAContainerWithItsOwnNamespace) {
  write("/proc/self/cgroup", "0::/\n");
  write("/proc/self/mountinfo", "31 24 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  write("/sys/fs/cgroup/cpu.max", "300000 100000\n");
  EXPECT_EQ(cgroup_limits(root_).cpus, 3.0);
}

TEST_F(FakeRoot, Version1OfAContainer) {
  // The group's path is the host's; the mounts show the container's part only.
  write("/proc/self/cgroup",
        "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc/inner\n1:name=systemd:/docker/abc\n0::/"
        "system.slice\n");
  write("/proc/self/mountinfo",
        "40 30 0:30 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
        "41 30 0:31 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "150000\n");
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  write("/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_quota_us", "-1\n");
  write("/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_period_us", "100000\n");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
  CgroupLimits limits = cgroup_limits(root_);
  EXPECT_EQ(limits.version, 1);
  EXPECT_EQ(limits.cpus, 1.5);
  EXPECT_EQ(limits.memory_bytes, 512u << 20);
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_FALSE(cgroup_limits(root_).memory_bytes) << "that number means unlimited";
}

TEST_F(FakeRoot, GroupsWhoseNameOnlyStartsLikeTheMountsAreOutside) {
  write("/proc/self/mountinfo", "31 24 0:28 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  write("/sys/fs/cgroup/cpu.max", "300000 100000\n");
  write("/sys/fs/cgroup/def/cpu.max", "100000 100000\n");
  write("/sys/fs/cgroupdef/cpu.max", "50000 100000\n");
  write("/sys/fs/cgroup/inner/cpu.max", "200000 100000\n");
  const std::pair<const char*, double> cases[] = {{"0::/docker/abcdef\n", 3.0},
                                                  {"0::/docker/abc\n", 3.0},
                                                  {"0::/docker/abc/inner\n", 2.0},
                                                  {"0::/docker/ab\n", 3.0}};
  for (const auto& [group, cpus] : cases) {
    write("/proc/self/cgroup", group);
    EXPECT_EQ(cgroup_limits(root_).cpus, cpus) << group;
  }
}

TEST_F(FakeRoot, NonsenseIsNoLimit) {
  write("/proc/self/cgroup", "garbage\n:\n0::/../x\n");
  write("/proc/self/mountinfo", "31\n - cgroup2\n31 24 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  for (const char* text : {"", "max", "-1 100000", "100000 0", "1e9 100000", "99999999999999999999 100000"}) {
    write("/sys/fs/cgroup/cpu.max", text);
    write("/sys/fs/cgroup/memory.max", text);
    EXPECT_FALSE(cgroup_limits(root_).cpus) << text;
    EXPECT_FALSE(cgroup_limits(root_).memory_bytes) << text;
  }
}

TEST_F(FakeRoot, HostFacts) {
  write("/proc/cpuinfo",
        "processor\t: 0\nmodel\t\t: 2\nmodel name\t: Some CPU 9000\nmodel name\t: Another\n");
  write("/proc/meminfo", "MemTotal:       24684084 kB\nMemFree: 1 kB\n");
  write("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  write("/sys/kernel/mm/transparent_hugepage/defrag", "always defer defer+madvise [madvise] never\n");
  write("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n");
  const HostFacts facts = host_facts(root_);
  EXPECT_EQ(facts.cpu_model, "Some CPU 9000");
  EXPECT_EQ(facts.memory_bytes, uint64_t{24684084} << 10);
  EXPECT_EQ(facts.huge_pages_enabled, "madvise");
  EXPECT_EQ(facts.huge_pages_defrag, "madvise");
  EXPECT_EQ(facts.huge_page_bytes, 2u << 20);
  EXPECT_GE(facts.online_cpus, facts.affinity_cpus);
  EXPECT_GE(facts.affinity_cpus, 1u);
}

unsigned threads(unsigned affinity, std::optional<double> quota, const char* local_world_size) {
  const Expected<unsigned> n = threads_for(affinity, quota, local_world_size);
  EXPECT_TRUE(n.ok()) << n.status().to_string();
  return n.ok() ? *n : 0;
}

TEST(Threads, AreSharedAndNeverNone) {
  EXPECT_EQ(threads(16, std::nullopt, nullptr), 16u);
  EXPECT_EQ(threads(16, 4.0, nullptr), 4u);
  EXPECT_EQ(threads(16, 2.5, nullptr), 3u);
  EXPECT_EQ(threads(16, 0.1, nullptr), 1u);
  EXPECT_EQ(threads(2, 64.0, nullptr), 2u);
  EXPECT_EQ(threads(16, std::nullopt, "4"), 4u);
  EXPECT_EQ(threads(16, 6.0, "4"), 1u);
  EXPECT_EQ(threads(16, std::nullopt, "100"), 1u);
  EXPECT_EQ(threads(0, std::nullopt, nullptr), 1u);
  EXPECT_EQ(threads(16, std::nullopt, ""), 16u);
}

TEST(Threads, ABadLocalWorldSizeIsAnError) {
  for (const std::string bad : {"0", "-2", "four", "4x", " 4", "99999999999999999999"}) {
    EXPECT_EQ(
        threads_for(16, std::nullopt, bad.c_str()).status().to_string(),
        "error[loader.threads] LOCAL_WORLD_SIZE: \"" + bad +
            "\" is not a whole number of 1 or more: the processes that share this machine's CPUs; correct "
            "or unset it, or say how many threads to use");
  }
}

TEST(Threads, DefaultFollowsTheEnvironment) {
  ::unsetenv("LOCAL_WORLD_SIZE");
  ASSERT_TRUE(default_threads().ok());
  EXPECT_GE(*default_threads(), 1u);
  ::setenv("LOCAL_WORLD_SIZE", "1000000", 1);
  EXPECT_EQ(*default_threads(), 1u);
  ::unsetenv("LOCAL_WORLD_SIZE");
}

/// Pages of a buffer that are in memory.
size_t resident_pages(const Buffer& buffer) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> in_memory((buffer.size() + page - 1) / page);
  EXPECT_EQ(::mincore(buffer.data(), buffer.size(), in_memory.data()), 0);
  size_t n = 0;
  for (const unsigned char c : in_memory) n += c & 1u;
  return n;
}

TEST(Buffer, IsAlignedZeroAndLazy) {
  for (const size_t bytes :
       {size_t{1}, size_t{4096}, size_t{5000}, size_t{2} << 20, (size_t{64} << 20) + 1}) {
    const Expected<Buffer> buffer = Buffer::allocate(bytes);
    ASSERT_TRUE(buffer.ok()) << buffer.status().to_string();
    EXPECT_GE(buffer->size(), bytes);
    EXPECT_LT(buffer->size(), bytes + 65536);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->data()) % (bytes >= 2u << 20 ? 2u << 20 : 4096), 0u);
    EXPECT_EQ(resident_pages(*buffer), 0u) << "pages are not to be touched before they are used";
    EXPECT_EQ(buffer->data()[bytes - 1], 0);
    buffer->data()[0] = 1;
    buffer->data()[bytes - 1] = 1;
    EXPECT_GE(resident_pages(*buffer), 1u);
  }
}

TEST(Buffer, MovesAndGoes) {
  Expected<Buffer> a = Buffer::allocate(100);
  ASSERT_TRUE(a.ok());
  uint8_t* const data = a->data();
  data[5] = 7;
  Buffer b = std::move(*a);
  EXPECT_EQ(a->data(), nullptr);
  EXPECT_EQ(b.data(), data);
  EXPECT_EQ(b.data()[5], 7);
  b = Buffer();
  EXPECT_EQ(b.size(), 0u);
  const Expected<Buffer> none = Buffer::allocate(0);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->size(), 0u);
}

TEST(Buffer, TooLarge) {
  for (const size_t bytes : {size_t{1} << 62, SIZE_MAX}) {
    EXPECT_EQ(Buffer::allocate(bytes).status().to_string(),
              "error[memory] " + std::to_string(bytes) +
                  " bytes of memory cannot be allocated: Cannot allocate memory");
  }
}

}  // namespace
}  // namespace headrace::platform
