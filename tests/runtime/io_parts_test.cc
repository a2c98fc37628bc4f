// The parts of the engines: which one is chosen, what is read as a whole, the arena, reads of a file.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <random>

#include "io_testing.h"
#include "runtime/dataset/mapped_dataset.h"
#include "runtime/io/arena.h"
#include "runtime/io/io_choice.h"
#include "runtime/io/page_reader.h"
#include "runtime/io/read_ahead.h"
#include "runtime/io/read_planner.h"
#include "runtime/platform/data_file.h"
#include "runtime/platform/storage.h"
#include "runtime/platform/topology.h"

namespace headrace::testing {
namespace {

using platform::storage_of_magic;

constexpr uint64_t kGB = 1'000'000'000;

TEST(IoChoice, FollowsMemoryAndFileSystem) {
  IoFacts facts;
  facts.file_bytes = 7 * kGB;
  facts.memory_available = 10 * kGB;
  facts.storage = storage_of_magic(0xEF53);
  const auto choose = [&] { return choose_engine(IoEngineKind::automatic, facts); };
  EXPECT_EQ(choose().engine, IoEngineKind::mmap);
  EXPECT_EQ(choose().why, "7.0 GB fit in 70 % of 10.0 GB available");
  facts.file_bytes += kGB / 10;
  EXPECT_EQ(choose().engine, IoEngineKind::pread);
  EXPECT_EQ(choose().why, "7.1 GB do not fit in 70 % of 10.0 GB available");
  EXPECT_FALSE(choose().fits);
  facts.storage = storage_of_magic(0x01021994);
  EXPECT_EQ(choose().engine, IoEngineKind::mmap);
  EXPECT_EQ(choose().why, "tmpfs is in memory");
  EXPECT_TRUE(choose().fits);
  facts.file_bytes = 1;
  facts.storage = storage_of_magic(0x6969);
  EXPECT_EQ(choose().engine, IoEngineKind::pread);
  EXPECT_EQ(choose().why, "NFS is no local file system");
  facts.storage = storage_of_magic(12345);
  EXPECT_EQ(choose().engine, IoEngineKind::mmap);
  EXPECT_EQ(choose().why, "1 bytes fit in 70 % of 10.0 GB available");
  facts.memory_available.reset();
  EXPECT_EQ(choose().engine, IoEngineKind::pread);
  EXPECT_EQ(choose().why, "the system does not say how much memory is available");
  for (const IoEngineKind kind : {IoEngineKind::mmap, IoEngineKind::pread, IoEngineKind::direct}) {
    EXPECT_EQ(choose_engine(kind, facts).engine, kind);
    EXPECT_EQ(choose_engine(kind, facts).why, "as asked");
  }
}

TEST(IoChoice, SharesTheMemoryOut) {
  IoFacts facts;
  facts.memory_available = 4096ull << 20;
  EXPECT_EQ(arena_bytes({}, facts), 512u << 20);
  facts.processes = 4;
  EXPECT_EQ(arena_bytes({}, facts), 128u << 20);
  facts.processes = 100;
  EXPECT_EQ(arena_bytes({}, facts), 64u << 20);
  facts.memory_available = 1ull << 40;
  facts.processes = 1;
  EXPECT_EQ(arena_bytes({}, facts), 1u << 30);
  EXPECT_EQ(arena_bytes({.memory_bytes = 5}, facts), 5u);
}

TEST(IoChoice, RefusesOptionsBeyondReason) {
  const TempDir dir;
  const TestData d = make_data(dir / "d.hrd", 3);
  EXPECT_EQ(make_io_engine(d.dataset, {.threads = 65}).status().to_string(),
            "error[io.options] threads: 65 threads to read ahead; at most 64 are possible");
  EXPECT_EQ(make_io_engine(d.dataset, {.memory_bytes = UINT64_MAX}).status().to_string(),
            "error[io.options] memory_bytes: 18446744073709551615 bytes for reading ahead; at most "
            "70368744177664 are possible");
}

TEST(IoChoice, NamesRoundTrip) {
  for (const char* name : {"auto", "mmap", "pread", "direct"})
    EXPECT_EQ(io_engine_name(*parse_io_engine(name)), name);
  EXPECT_EQ(parse_io_engine("uring").status().to_string(),
            "error[io.engine] \"uring\" is not an I/O engine; expected auto, mmap, pread or direct");
}

TEST(IoChoice, AvailableMemoryIsWhatGroupsLeave) {
  const TempDir root;
  const auto write = [&](const char* path, const char* text) { write_text(root / path, text); };
  write("proc/meminfo", "MemTotal: 3000 kB\nMemAvailable:    2000 kB\n");
  EXPECT_EQ(platform::memory_available(root.path()), 2'048'000u);
  write("proc/self/cgroup", "0::/a\n");
  write("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n");
  write("sys/fs/cgroup/a/memory.max", "1000000\n");
  write("sys/fs/cgroup/a/memory.current", "700000\n");
  write("sys/fs/cgroup/a/memory.stat", "anon 100\nfile 500000\nshmem 100000\n");
  EXPECT_EQ(platform::memory_available(root.path()), 700'000u)
      << "300,000 are in use, of which 100,000 are tmpfs";
  write("sys/fs/cgroup/a/memory.max", "max\n");
  EXPECT_EQ(platform::memory_available(root.path()), 2'048'000u);
  write("proc/self/cgroup", "4:memory:/b\n");
  write("proc/self/mountinfo", "41 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  write("sys/fs/cgroup/memory/b/memory.limit_in_bytes", "900000\n");
  write("sys/fs/cgroup/memory/b/memory.usage_in_bytes", "800000\n");
  write("sys/fs/cgroup/memory/b/memory.stat", "cache 1\ntotal_cache 300000\ntotal_shmem 0\n");
  EXPECT_EQ(platform::memory_available(root.path()), 400'000u);
}

/// Blocks never overlap, lie inside, are aligned; when all are back, the whole is one block again.
TEST(Arena, GivesOutBlocksOfAnySize) {
  auto arena = Arena::allocate(1 << 20, false);
  ASSERT_TRUE(arena.ok());
  std::mt19937 rng(1);
  std::map<uint8_t*, uint64_t> blocks;
  uint64_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (rng() % 2 == 0 && !blocks.empty()) {
      auto at = blocks.begin();
      std::advance(at, rng() % blocks.size());
      arena->give_back(at->first, at->second);
      blocks.erase(at);
      continue;
    }
    const uint64_t alignment = rng() % 8 == 0 ? 16384 : 4096;
    const uint64_t bytes = alignment * (1 + rng() % 20);
    uint8_t* const block = arena->take(bytes, alignment);
    if (block == nullptr) {
      ++refused;
      continue;
    }
    ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % alignment, 0u);
    const auto next = blocks.lower_bound(block);
    ASSERT_TRUE(next == blocks.end() || block + bytes <= next->first);
    ASSERT_TRUE(next == blocks.begin() || std::prev(next)->first + std::prev(next)->second <= block);
    blocks.emplace(block, bytes);
  }
  EXPECT_GT(refused, 0u);
  for (const auto& [block, bytes] : blocks) arena->give_back(block, bytes);
  uint8_t* const all = arena->take(arena->size(), 4096);
  EXPECT_NE(all, nullptr);
  EXPECT_EQ(arena->take(4096, 4096), nullptr);
}

class PlannerTest : public ::testing::Test {
 protected:
  /// How many samples are planned to be read with their whole page.
  uint64_t whole(const TestData& d, const SampleSequence& order, uint64_t window, uint64_t budget) {
    const auto& index = dynamic_cast<const MappedDataset&>(*d.dataset).index();
    ReadPlanner planner(index, window, budget);
    planner.start(order, 0);
    uint64_t n = 0, positions = 0;
    for (; !planner.done(); planner.advance(), ++positions) {
      EXPECT_EQ(planner.head().position, positions);
      EXPECT_EQ(planner.head().sample, order.sample_at(positions));
      EXPECT_EQ(planner.head().page, d.dataset->page_of(planner.head().sample));
      EXPECT_TRUE(planner.uses(planner.head().page));
      n += planner.wants_page() ? 1 : 0;
    }
    EXPECT_EQ(positions, order.size());
    return n;
  }
  TempDir dir_;
};

TEST_F(PlannerTest, WholePagesWhereTheirSamplesComeTogether) {
  // Seven samples of 9,000 bytes fill a page; each costs as much as a page of this size to read alone.
  const TestData d = make_data(dir_ / "d.hrd", 2000, [](uint64_t) { return 9000; });
  EXPECT_EQ(whole(d, sequential_order(2000), 4 * kPage, UINT64_MAX), 2000u);
  EXPECT_EQ(whole(d, page_local_order(*d.dataset, 4, 1), 8 * kPage, UINT64_MAX), 2000u);
  EXPECT_LE(whole(d, random_order(2000, 1), 8 * kPage, 8 * kPage), 8u)
      << "too many pages at once, up to the end";
}

TEST_F(PlannerTest, SamplesAloneWherePagesAreLarge) {
  const std::string path = dir_ / "large.hrd";
  ASSERT_TRUE(write_images(path, 600, 100, 100, {.page_size = 4u << 20}).ok());  // 139 in a page
  const auto mapped = *MappedDataset::open(path, {});
  ReadPlanner planner(mapped->index(), 1u << 20, UINT64_MAX);
  const ListSequence random = random_order(600, 1);
  uint64_t n = 0;
  for (planner.start(random, 0); !planner.done(); planner.advance()) n += planner.wants_page() ? 1 : 0;
  EXPECT_EQ(n, 0u);
  const ListSequence in_order = sequential_order(600);
  ReadPlanner wide(mapped->index(), 16u << 20, UINT64_MAX);
  for (wide.start(in_order, 0); !wide.done(); wide.advance()) {
    const bool first_of_page = wide.head().sample == mapped->index().page(wide.head().page).first_sample;
    EXPECT_TRUE(!first_of_page || wide.wants_page()) << wide.head().sample;
  }
}

TEST_F(PlannerTest, LeavesOutWhatIsNotThere) {
  const TestData d = make_data(dir_ / "d.hrd", 5);
  const auto& index = dynamic_cast<const MappedDataset&>(*d.dataset).index();
  ReadPlanner planner(index, 1 << 20, UINT64_MAX);
  const ListSequence order({0, UINT64_MAX, 4, 5, 1});
  std::vector<uint64_t> samples, positions;
  for (planner.start(order, 0); !planner.done(); planner.advance()) {
    samples.push_back(planner.head().sample);
    positions.push_back(planner.position());
  }
  EXPECT_EQ(samples, (std::vector<uint64_t>{0, 4, 1}));
  EXPECT_EQ(positions, (std::vector<uint64_t>{0, 2, 4}));
  EXPECT_EQ(planner.position(), 5u);
}

TEST(SampleExtent, CoversPayloadAndTailWithinThePage) {
  const TempDir dir;
  const TestData d = make_data(dir / "d.hrd", 200);
  const auto& index = dynamic_cast<const MappedDataset&>(*d.dataset).index();
  std::vector<hr_field> fields(3);
  for (uint64_t s = 0; s < 200; ++s) {
    ASSERT_TRUE(d.dataset->read(s, fields).ok());
    const Extent extent = sample_extent(index, s);
    const Extent page = page_extent(index, index.page_of(s));
    const auto offset = static_cast<uint64_t>(fields[0].data - index.file.data());
    EXPECT_LE(extent.begin, offset);
    EXPECT_GE(extent.end, offset + fields[0].size + HR_BUFFER_ALIGNMENT);
    EXPECT_LT(extent.bytes(), fields[0].size + 3 * 4096);
    EXPECT_GE(extent.begin, page.begin);
    EXPECT_LE(extent.end, page.end);
    EXPECT_EQ(extent.begin % 4096 + extent.end % 4096, 0u);
  }
}

/// Pages that are kept for samples to come may fill the arena. A sample that does not fit beside them is left
/// to the caller, and does not keep those behind it from being read ahead.
TEST(ReadAhead, GoesOnBehindWhatDoesNotFit) {
  const TempDir dir;
  constexpr uint64_t kLarge = 1u << 20;
  const auto size_of = [](uint64_t) { return 9000; };
  const TestData d = make_data(dir / "d.hrd", 900, size_of, {}, kLarge);
  const auto& dataset = dynamic_cast<const MappedDataset&>(*d.dataset);
  const uint64_t in_page = dataset.index().page(0).samples;
  // Four pages in turn, for which the arena is just large enough; every fifth sample is one of other pages.
  std::vector<uint64_t> samples;
  for (uint64_t turn = 0; turn < 60; ++turn) {
    for (uint64_t page = 0; page < 4; ++page) samples.push_back(page * in_page + turn);
    samples.push_back(4 * in_page + turn * 5);
  }
  const ListSequence order(samples);
  const PageReader reader(
      dataset,
      platform::DataFile::reopen(dataset.map().fd(), d.path, platform::DataFile::Mode::uncached).value());
  ReadAhead ahead(dataset, reader, Arena::allocate(4 * kLarge, false).value());
  ahead.start_threads(1);
  ahead.start_epoch(order, 0, 4);
  uint64_t own = 0;
  for (uint64_t p = 0; p < order.size(); ++p) {
    const ReadAhead::Taken taken = ahead.take(p, order.sample_at(p));
    own += taken.answer == ReadAhead::Answer::read_own ? 1 : 0;
    if (taken.unit == nullptr) continue;
    EXPECT_TRUE(taken.unit->failure.ok());
    ahead.give_back(taken.unit);
  }
  EXPECT_LE(own, 15u);
}

class DataFileTest : public ::testing::Test {
 protected:
  Expected<platform::DataFile> open(const std::string& path, platform::DataFile::Mode mode) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_GE(fd, 0) << path;
    auto file = platform::DataFile::reopen(fd, path, mode);
    ::close(fd);
    return file;
  }
  TempDir dir_;
};

TEST_F(DataFileTest, SaysWhereTheFileEnds) {
  const std::string path = dir_ / "f";
  write_bytes(path, Bytes(10'000, 7));
  for (const auto mode : {platform::DataFile::Mode::uncached, platform::DataFile::Mode::direct}) {
    const auto file = open(path, mode);
    ASSERT_TRUE(file.ok()) << file.status().to_string();
    const uint64_t a = file->alignment();
    Arena arena = Arena::allocate(1 << 20, false).value();
    uint8_t* const memory = arena.take(4 * a, a);
    const uint64_t bytes = (10'000 + a - 1) / a * a;
    EXPECT_TRUE(file->read(0, bytes, 10'000, memory).ok());
    EXPECT_EQ(memory[9999], 7);
    EXPECT_EQ(file->read(0, bytes, 10'001, memory).to_string(),
              "error[data.io] " + path +
                  ": became shorter while in use (it ends at 10000, where 1 more bytes are expected)");
  }
}

TEST_F(DataFileTest, ErrorsNameThePlace) {
  const auto folder = open(dir_.path(), platform::DataFile::Mode::uncached);
  ASSERT_TRUE(folder.ok());
  alignas(4096) static uint8_t memory[4096];
  EXPECT_EQ(folder->read(8192, 4096, 4096, memory).to_string(),
            "error[data.io] " + dir_.path() + ": cannot be read at 8192: Is a directory");
}

TEST_F(DataFileTest, DirectReadsThatAreRefused) {
  const auto file = open("/proc/version", platform::DataFile::Mode::direct);
  EXPECT_EQ(
      file.status().to_string(),
      "error[io.unsupported] /proc/version: its file system does not read past the page cache (O_DIRECT); "
      "use the engine pread instead");
}

TEST(Storage, KnowsNetworkFileSystems) {
  EXPECT_EQ(storage_of_magic(0xFF534D42).kind, platform::StorageKind::network);
  EXPECT_EQ(storage_of_magic(0x0BD00BD0).name, "Lustre");
  EXPECT_EQ(storage_of_magic(0x58465342).kind, platform::StorageKind::local);
  EXPECT_EQ(storage_of_magic(1).name, "");
  EXPECT_GE(platform::read_ahead_bytes(-1), 128u << 10);
}

}  // namespace
}  // namespace headrace::testing
