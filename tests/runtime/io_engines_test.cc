// Every engine gives the bytes of the file, whatever the order, the sizes, the memory and the threads.
#include <gtest/gtest.h>

#include <filesystem>

#include "io_testing.h"

namespace headrace::testing {
namespace {

struct EngineCase {
  IoEngineKind kind;
  uint64_t memory_bytes;
  unsigned threads;
  bool verify = true;
};

std::string case_name(const ::testing::TestParamInfo<EngineCase>& info) {
  const EngineCase& c = info.param;
  return std::string(io_engine_name(c.kind)) + "_" + std::to_string(c.memory_bytes) + "_bytes_" +
         std::to_string(c.threads) + "_threads" + (c.verify ? "" : "_unverified");
}

class IoEngineTest : public ::testing::TestWithParam<EngineCase> {
 protected:
  static constexpr uint64_t kSamples = 400;

  TestData data(const std::function<uint64_t(uint64_t)>& size_of = mixed_size, uint64_t samples = kSamples) {
    return make_data(dir_ / "d.hrd", samples, size_of, {.verify_pages = GetParam().verify});
  }
  std::unique_ptr<IoEngine> engine(const TestData& data) {
    IoOptions options;
    options.engine = GetParam().kind;
    options.memory_bytes = GetParam().memory_bytes;
    options.threads = GetParam().threads;
    return make_engine(data, options);
  }

  TempDir dir_;
};

TEST_P(IoEngineTest, GivesTheFilesBytesInEveryOrder) {
  const TestData d = data();
  const auto e = engine(d);
  ASSERT_NE(e, nullptr);
  const ListSequence random = random_order(kSamples, 1);
  const ListSequence orders[] = {sequential_order(kSamples),
                                 random_order(kSamples, 2),
                                 page_local_order(*d.dataset, 1, 3),
                                 page_local_order(*d.dataset, 4, 4),
                                 share_of(random, 1, 3),
                                 share_of(sequential_order(kSamples), 2, 5),
                                 drawn_order(kSamples, 1000, 5)};
  for (size_t i = 0; i < std::size(orders); ++i) {
    for (const unsigned workers : {1u, 5u})
      EXPECT_EQ(run_epoch(*e, d, orders[i], workers), "") << "order " << i;
  }
}

TEST_P(IoEngineTest, GivesSamplesOfOneSize) {
  for (const uint64_t size : {uint64_t{1}, uint64_t{4096}, kPage / 3, 3 * kPage + 1}) {
    const TestData d = data([&](uint64_t) { return size; }, 50);
    const auto e = engine(d);
    ASSERT_NE(e, nullptr);
    EXPECT_EQ(run_epoch(*e, d, random_order(50, 7), 3), "") << size;
    EXPECT_EQ(run_epoch(*e, d, page_local_order(*d.dataset, 2, 8), 3), "") << size;
    std::filesystem::remove(d.path);
  }
}

TEST_P(IoEngineTest, StartsAnywhereAndStopsAnywhere) {
  const TestData d = data();
  const auto e = engine(d);
  ASSERT_NE(e, nullptr);
  const ListSequence order = page_local_order(*d.dataset, 3, 9);
  for (uint64_t first = 0; first <= kSamples; first += 37) {
    EXPECT_EQ(run_epoch(*e, d, order, 2, first), "") << first;
    EXPECT_EQ(run_epoch(*e, d, order, 2, 0, first), "") << first;
  }
}

TEST_P(IoEngineTest, ReadsSamplesOutOfTheOrder) {
  const TestData d = data();
  const auto e = engine(d);
  ASSERT_NE(e, nullptr);
  EXPECT_EQ(read_one(*e, d, 17), "") << "before any epoch";
  const ListSequence order = sequential_order(kSamples);
  ASSERT_TRUE(e->start_epoch(order, 0, 16).ok());
  for (const uint64_t sample : {3, 5, 399, 5}) EXPECT_EQ(read_one(*e, d, sample), "") << sample;
  e->stop_epoch();
  std::vector<hr_field> fields(3);
  const auto lease = e->make_lease();
  EXPECT_EQ(e->acquire(IoEngine::kNoPosition, kSamples, fields, *lease).to_string(),
            "error[data.range] " + d.path + ": sample 400 does not exist; the dataset has 400");
}

/// What a loader does that does not run all samples, or runs some twice.
TEST_P(IoEngineTest, CopesWithPositionsLeftOutRepeatedAndSwapped) {
  const TestData d = data();
  const auto e = engine(d);
  ASSERT_NE(e, nullptr);
  const ListSequence order = page_local_order(*d.dataset, 4, 10);
  ASSERT_TRUE(e->start_epoch(order, 0, 8).ok());
  std::vector<hr_field> fields(3);
  const auto lease = e->make_lease();
  const auto read = [&](uint64_t position, uint64_t sample) {
    const Status status = e->acquire(position, sample, fields, *lease);
    ASSERT_TRUE(status.ok()) << status.to_string();
    EXPECT_EQ(check_sample(d, sample, fields), "") << position;
    EXPECT_TRUE(e->release(*lease).ok());
  };
  for (uint64_t p = 0; p < kSamples; p += 1 + p % 4) {
    read(p, order.sample_at(p));
    if (p % 3 == 0) read(p, order.sample_at(p));
    if (p % 5 == 0) read(p + 1, order.sample_at((p + 7) % kSamples));
    if (p % 7 == 0 && p > 20) read(p - 20, order.sample_at(p - 20));
  }
  read(kSamples - 1, order.sample_at(kSamples - 1));
  e->stop_epoch();
}

TEST_P(IoEngineTest, CountsWhatItReads) {
  const TestData d = data([](uint64_t) { return 5000; });
  const auto e = engine(d);
  ASSERT_NE(e, nullptr);
  EXPECT_EQ(run_epoch(*e, d, sequential_order(kSamples), 2), "");
  const IoStats stats = e->stats();
  EXPECT_EQ(stats.engine, GetParam().kind);
  EXPECT_EQ(stats.why, "as asked");
  EXPECT_GE(stats.bytes_read, kSamples * 5000);
  EXPECT_GT(stats.reads, 0u);
  EXPECT_EQ(stats.arena_bytes == 0, GetParam().kind == IoEngineKind::mmap);
}

INSTANTIATE_TEST_SUITE_P(
    Engines, IoEngineTest,
    ::testing::Values(EngineCase{IoEngineKind::mmap, 0, 0}, EngineCase{IoEngineKind::mmap, 1, 0, false},
                      EngineCase{IoEngineKind::pread, 0, 0}, EngineCase{IoEngineKind::pread, 1, 1},
                      EngineCase{IoEngineKind::pread, 2 * kPage, 1},
                      EngineCase{IoEngineKind::pread, 2 * kPage, 4, false},
                      EngineCase{IoEngineKind::pread, 16 * kPage, 3}, EngineCase{IoEngineKind::direct, 0, 0},
                      EngineCase{IoEngineKind::direct, 1, 2},
                      EngineCase{IoEngineKind::direct, 5 * kPage, 2, false}),
    case_name);

TEST(IoEngines, ReadWholePagesOnceInPageLocalOrders) {
  const TempDir dir;
  const TestData d = make_data(dir / "d.hrd", 600, [](uint64_t) { return 5000; });
  IoOptions options;
  options.engine = IoEngineKind::pread;
  options.memory_bytes = 4u << 20;
  const auto e = make_engine(d, options);
  EXPECT_EQ(run_epoch(*e, d, page_local_order(*d.dataset, 4, 11), 3, 0, UINT64_MAX, 600), "");
  const uint64_t pages = d.dataset->page_count();
  EXPECT_EQ(e->stats().reads, pages) << "each page once";
  EXPECT_LE(e->stats().bytes_read, d.dataset->file_bytes());
}

TEST(IoEngines, ReadSamplesAloneInRandomOrderOfWhatDoesNotFit) {
  const TempDir dir;
  const TestData d = make_data(dir / "d.hrd", 2000, [](uint64_t) { return 9000; });
  IoOptions options;
  options.engine = IoEngineKind::pread;
  options.memory_bytes = 512u << 10;
  const auto e = make_engine(d, options);
  EXPECT_EQ(run_epoch(*e, d, random_order(2000, 12), 3), "");
  // The first touch of each page reads all of it, for its hash.
  const uint64_t first = e->stats().bytes_read;
  EXPECT_GT(first, d.dataset->file_bytes());
  EXPECT_LE(first, 2 * d.dataset->file_bytes() + 2000 * 8192);
  EXPECT_EQ(run_epoch(*e, d, random_order(2000, 13), 3), "");
  EXPECT_LE(e->stats().bytes_read - first, 2000u * (9000 + 2 * 4096));
}

TEST(IoEngines, KeepToTheFileThatWasOpened) {
  const TempDir dir;
  const TestData d = make_data(dir / "d.hrd", 50);
  std::filesystem::rename(d.path, dir / "moved.hrd");
  const TestData other = make_data(dir / "d.hrd", 50, [](uint64_t) { return 100; });
  for (const IoEngineKind kind : {IoEngineKind::mmap, IoEngineKind::pread, IoEngineKind::direct}) {
    IoOptions options;
    options.engine = kind;
    const auto e = make_engine(d, options);
    EXPECT_EQ(run_epoch(*e, d, sequential_order(50), 2), "") << io_engine_name(kind);
  }
  std::filesystem::remove(dir / "moved.hrd");
  IoOptions options;
  options.engine = IoEngineKind::pread;
  EXPECT_EQ(run_epoch(*make_engine(d, options), d, sequential_order(50), 2), "") << "deleted";
}

TEST(IoEngines, TwoAtOnceOnOneDataset) {
  const TempDir dir;
  const TestData d = make_data(dir / "d.hrd", 300);
  const auto a = make_engine(d, {.engine = IoEngineKind::mmap});
  const auto b = make_engine(d, {.engine = IoEngineKind::pread, .memory_bytes = 8 * kPage});
  std::string wrong;
  std::thread other([&] { wrong = run_epoch(*b, d, random_order(300, 1), 2); });
  EXPECT_EQ(run_epoch(*a, d, random_order(300, 2), 2), "");
  other.join();
  EXPECT_EQ(wrong, "");
}

}  // namespace
}  // namespace headrace::testing
