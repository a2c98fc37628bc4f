// Files that are damaged, or become shorter while they are used: an error that says so, never a signal.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "headrace/dataset.h"
#include "io_testing.h"
#include "runtime/dataset/info.h"
#include "runtime/dataset/mapped_dataset.h"
#include "runtime/platform/bus_guard.h"
#include "runtime/platform/memory_map.h"

namespace headrace::testing {
namespace {

const MappedDataset& mapped(const TestData& data) {
  return dynamic_cast<const MappedDataset&>(*data.dataset);
}

void flip_byte(const std::string& path, uint64_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const char c = static_cast<char>(file.get() ^ 1);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(c);
}

std::string shorter_text(const TestData& d, uint64_t now, uint64_t before) {
  return "error[data.io] " + d.path + ": became shorter while in use (" + std::to_string(now) + " bytes, " +
         std::to_string(before) + " when it was opened)";
}

class IoFaultsTest : public ::testing::TestWithParam<IoEngineKind> {
 protected:
  std::unique_ptr<IoEngine> engine(const TestData& data, uint64_t memory_bytes = 4u << 20) {
    return make_engine(data, {.engine = GetParam(), .memory_bytes = memory_bytes, .threads = 2});
  }
  TempDir dir_;
};

TEST_P(IoFaultsTest, ADamagedPageIsAnErrorOfItsSamplesOnly) {
  const TestData written = make_data(dir_ / "d.hrd", 60, [](uint64_t) { return 9000; });
  const uint64_t page = mapped(written).index().page_of(20);
  flip_byte(written.path, mapped(written).index().page(page).offset + 1000);
  TestData d = written;
  d.dataset = *Dataset::open(written.path);
  for (const uint64_t memory : {uint64_t{1}, uint64_t{4} << 20}) {
    const auto e = engine(d, memory);
    for (const bool random : {false, true}) {
      const ListSequence order = random ? random_order(60, 3) : sequential_order(60);
      ASSERT_TRUE(e->start_epoch(order, 0, 4).ok());
      const auto lease = e->make_lease();
      std::vector<hr_field> fields(3);
      for (uint64_t p = 0; p < 60; ++p) {
        const uint64_t s = order.sample_at(p);
        const Status status = e->acquire(p, s, fields, *lease);
        if (d.dataset->page_of(s) != page) {
          ASSERT_TRUE(status.ok()) << status.to_string();
          EXPECT_EQ(check_sample(d, s, fields), "");
          EXPECT_TRUE(e->release(*lease).ok());
          continue;
        }
        const std::string expected = d.dataset->read(s, fields).to_string();
        EXPECT_EQ(status.to_string(), expected);
        EXPECT_TRUE(expected.starts_with("error[data.page] " + d.path + ": sample " + std::to_string(s) +
                                         " (k/" + std::to_string(s) + ") cannot be read: page " +
                                         std::to_string(page) + " (samples "))
            << expected;
      }
      e->stop_epoch();
    }
  }
}

TEST_P(IoFaultsTest, ATruncatedFileIsAnErrorEverywhere) {
  for (const bool random : {false, true}) {
    const TestData d = make_data(dir_ / (random ? "r.hrd" : "s.hrd"), 300, [](uint64_t) { return 9000; });
    const uint64_t before = d.dataset->file_bytes();
    const auto e = engine(d, 1u << 20);
    const ListSequence order = random ? random_order(300, 3) : sequential_order(300);
    ASSERT_TRUE(e->start_epoch(order, 0, 4).ok());
    const auto lease = e->make_lease();
    std::vector<hr_field> fields(3);
    for (uint64_t p = 0; p < 10; ++p) {
      ASSERT_TRUE(e->acquire(p, order.sample_at(p), fields, *lease).ok());
      ASSERT_TRUE(e->release(*lease).ok());
    }
    ASSERT_EQ(::truncate(d.path.c_str(), 8192), 0);
    // What was read ahead may still come, but nothing that is not the file's is let through.
    Status status;
    uint64_t p = 10;
    for (; p < 300 && status.ok(); ++p) {
      status = e->acquire(p, order.sample_at(p), fields, *lease);
      if (status.ok()) status = e->release(*lease);
    }
    EXPECT_LE(p, 12u);
    EXPECT_EQ(status.to_string(), shorter_text(d, 8192, before));
    EXPECT_EQ(e->acquire(p, order.sample_at(p), fields, *lease).to_string(), shorter_text(d, 8192, before));
    e->stop_epoch();
    EXPECT_EQ(e->start_epoch(order, 0, 4).to_string(), shorter_text(d, 8192, before));
    EXPECT_EQ(d.dataset->read(3, fields).to_string(), shorter_text(d, 8192, before));
    EXPECT_EQ(d.dataset->metadata(3, fields).to_string(), shorter_text(d, 8192, before));
  }
}

TEST_P(IoFaultsTest, ASampleInUseReadsAsZerosAndItsReleaseFails) {
  const TestData d = make_data(dir_ / "d.hrd", 100, [](uint64_t) { return 9000; });
  const uint64_t before = d.dataset->file_bytes();
  const auto e = engine(d);
  const auto lease = e->make_lease();
  std::vector<hr_field> fields(3);
  ASSERT_TRUE(e->acquire(IoEngine::kNoPosition, 50, fields, *lease).ok());
  const auto label = fields[1].value;
  ASSERT_EQ(::truncate(d.path.c_str(), 0), 0);
  std::thread other([&] {  // the handler is the process's, not a thread's
    uint64_t sum = 0;
    for (uint64_t i = 0; i < fields[0].size; ++i) sum += fields[0].data[i];
    if (GetParam() == IoEngineKind::mmap) {
      EXPECT_EQ(sum, 0u);
    } else {
      EXPECT_EQ(check_sample(d, 50, fields).substr(0, 10), "sample 50 ") << "only its key, which is mapped";
    }
  });
  other.join();
  EXPECT_EQ(label, 150);
  EXPECT_EQ(e->release(*lease).to_string(), shorter_text(d, 0, before));
}

/// The page in memory that the new end lies in reads as zeros behind it, without any fault.
TEST_P(IoFaultsTest, EveryLengthThatLosesSomethingIsNoticed) {
  for (const uint64_t cut :
       {uint64_t{1}, uint64_t{64}, uint64_t{100}, uint64_t{4095}, uint64_t{4097}, uint64_t{70'000}}) {
    const TestData d = make_data(dir_ / ("c" + std::to_string(cut)), 40, [](uint64_t) { return 9000; });
    const uint64_t before = d.dataset->file_bytes();
    const auto e = engine(d);
    const auto lease = e->make_lease();
    std::vector<hr_field> fields(3);
    ASSERT_TRUE(e->acquire(IoEngine::kNoPosition, 39, fields, *lease).ok());
    ASSERT_EQ(::truncate(d.path.c_str(), static_cast<off_t>(before - cut)), 0);
    const Status status = e->release(*lease);
    const Bytes now = read_bytes(d.path);
    if (cut < 16) {  // the section ends in zeros, which still read as such
      EXPECT_TRUE(status.ok()) << status.to_string();
    } else {
      EXPECT_EQ(status.to_string(), shorter_text(d, before - cut, before)) << cut;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, IoFaultsTest,
                         ::testing::Values(IoEngineKind::mmap, IoEngineKind::pread, IoEngineKind::direct),
                         [](const auto& c) { return std::string(io_engine_name(c.param)); });

TEST(IoFaults, VerifyStopsAtATruncatedFile) {
  const TempDir dir;
  const TestData d = make_data(dir / "d.hrd", 100, [](uint64_t) { return 9000; });
  const uint64_t before = d.dataset->file_bytes();
  const Status status = verify_all(*d.dataset, [&](uint64_t done, uint64_t total) {
    if (done > total / 2) {
      EXPECT_EQ(::truncate(d.path.c_str(), 20'000), 0);
    }
    return true;
  });
  EXPECT_EQ(status.to_string(), shorter_text(d, 20'000, before));
}

/// A mapping of a file of `bytes` ones that was truncated to nothing.
platform::MemoryMap truncated_map(const std::string& path, size_t bytes) {
  write_bytes(path, Bytes(bytes, 1));
  auto map = platform::MemoryMap::open(path);
  EXPECT_TRUE(map.ok());
  EXPECT_EQ(::truncate(path.c_str(), 0), 0);
  return std::move(*map);
}

TEST(BusGuard, OnlyWhatCannotBeReadIsReplaced) {
  const TempDir dir;
  write_bytes(dir / "a", Bytes(5 * 4096, 1));
  const platform::MemoryMap a = platform::MemoryMap::open(dir / "a").value();
  write_bytes(dir / "b", Bytes(3 * 4096, 1));
  const platform::MemoryMap b = platform::MemoryMap::open(dir / "b").value();
  EXPECT_TRUE(a.intact());
  EXPECT_EQ(::truncate((dir / "a").c_str(), 2 * 4096), 0);
  const volatile uint8_t* bytes = a.bytes().data();
  EXPECT_EQ(bytes[4096], 1);
  EXPECT_EQ(bytes[2 * 4096 + 7], 0);
  EXPECT_EQ(bytes[4096], 1) << "what is left is still there";
  EXPECT_FALSE(a.intact());
  EXPECT_EQ(a.fault_text(), "became shorter while in use (8192 bytes, 20480 when it was opened)");
  EXPECT_TRUE(b.intact());
}

TEST(BusGuard, ManyMappingsAndThreads) {
  const TempDir dir;
  std::vector<platform::MemoryMap> maps;
  for (int i = 0; i < 150; ++i) maps.push_back(truncated_map(dir / std::to_string(i), 3 * 4096));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (const platform::MemoryMap& map : maps) EXPECT_EQ(map.bytes()[5000], 0);
    });
  }
  for (std::thread& t : threads) t.join();
  for (const platform::MemoryMap& map : maps) EXPECT_FALSE(map.intact());
  maps.clear();
  // Their places in the registry are used again, and start clean.
  write_bytes(dir / "new", Bytes(4096, 1));
  EXPECT_TRUE(platform::MemoryMap::open(dir / "new")->intact());
}

TEST(BusGuard, AThreadThatBlocksSignalsCanAskForThem) {
  const TempDir dir;
  const platform::MemoryMap map = truncated_map(dir / "a", 4096);
  std::thread thread([&] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    platform::accept_bus_errors();
    EXPECT_EQ(map.bytes()[0], 0);
  });
  thread.join();
}

/// A mapping of which nobody was told, truncated.
const volatile char* foreign_mapping(const std::string& path) {
  write_bytes(path, Bytes(4096, 1));
  std::FILE* file = std::fopen(path.c_str(), "rb");
  void* p = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, ::fileno(file), 0);
  std::fclose(file);
  EXPECT_EQ(::truncate(path.c_str(), 0), 0);
  return static_cast<const volatile char*>(p);
}

using BusGuardDeathTest = ::testing::Test;

TEST(BusGuardDeathTest, OtherBusErrorsEndTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDir dir;
  EXPECT_EXIT(
      {
        struct sigaction fallback = {};
        fallback.sa_handler = SIG_DFL;
        ::sigaction(SIGBUS, &fallback, nullptr);  // of a sanitizer
        write_bytes(dir / "a", Bytes(4096, 1));
        const auto map = platform::MemoryMap::open(dir / "a");
        (void)*foreign_mapping(dir / "b");
      },
      ::testing::KilledBySignal(SIGBUS), "");
  EXPECT_EXIT(
      {
        struct sigaction fallback = {};
        fallback.sa_handler = SIG_DFL;
        ::sigaction(SIGBUS, &fallback, nullptr);
        write_bytes(dir / "a", Bytes(4096, 1));
        const auto map = platform::MemoryMap::open(dir / "a");
        ::raise(SIGBUS);
      },
      ::testing::KilledBySignal(SIGBUS), "");
}

TEST(BusGuardDeathTest, AnEarlierHandlerGetsTheOthers) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDir dir;
  EXPECT_EXIT(
      {
        struct sigaction action = {};
        action.sa_flags = SA_SIGINFO;
        action.sa_sigaction = [](int, siginfo_t* info, void*) {
          ::_exit(info->si_addr != nullptr ? 41 : 42);
        };
        ::sigaction(SIGBUS, &action, nullptr);
        const platform::MemoryMap map = truncated_map(dir / "a", 4096);
        if (map.bytes()[0] != 0) ::_exit(1);
        (void)*foreign_mapping(dir / "b");
      },
      ::testing::ExitedWithCode(41), "");
  EXPECT_EXIT(
      {
        std::signal(SIGBUS, [](int) { ::_exit(43); });
        const platform::MemoryMap map = truncated_map(dir / "a", 4096);
        ::raise(SIGBUS);
      },
      ::testing::ExitedWithCode(43), "");
  EXPECT_EXIT(
      {
        std::signal(SIGBUS, SIG_IGN);
        const platform::MemoryMap map = truncated_map(dir / "a", 4096);
        ::raise(SIGBUS);
        ::_exit(44);
      },
      ::testing::ExitedWithCode(44), "");
}

}  // namespace
}  // namespace headrace::testing
