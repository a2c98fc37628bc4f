// Engines that are stopped, started again, destroyed and forked at any time: no hang, nothing left behind.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "io_testing.h"

namespace headrace::testing {
namespace {

class IoLifetimeTest : public ::testing::TestWithParam<IoEngineKind> {
 protected:
  static constexpr uint64_t kSamples = 200;

  IoLifetimeTest() : data_(make_data(dir_ / "d.hrd", kSamples)) {}
  std::unique_ptr<IoEngine> engine(uint64_t memory_bytes = 6 * kPage) {
    return make_engine(data_, {.engine = GetParam(), .memory_bytes = memory_bytes, .threads = 3});
  }

  TempDir dir_;
  TestData data_;
};

TEST_P(IoLifetimeTest, StopsAtEveryPoint) {
  const auto e = engine();
  const ListSequence order = page_local_order(*data_.dataset, 2, 1);
  for (uint64_t stop = 0; stop < kSamples; ++stop)
    ASSERT_EQ(run_epoch(*e, data_, order, 1 + stop % 3, 0, stop), "") << stop;
  EXPECT_EQ(run_epoch(*e, data_, order, 3), "");
}

TEST_P(IoLifetimeTest, StopWhileWorkersRun) {
  const auto e = engine();
  const ListSequence order = random_order(kSamples, 2);
  for (int round = 0; round < 30; ++round) {
    ASSERT_TRUE(e->start_epoch(order, 0, kSamples).ok());
    std::atomic<uint64_t> next = 0, done = 0;
    std::string wrong;
    std::vector<std::thread> workers;
    for (int w = 0; w < 3; ++w) {
      workers.emplace_back([&, w] {
        const auto lease = e->make_lease();
        std::vector<hr_field> fields(3);
        for (uint64_t p = next++; p < kSamples; p = next++) {
          const Status status = e->acquire(p, order.sample_at(p), fields, *lease);
          if (!status.ok()) {
            if (w == 0) wrong = status.to_string();
            return;
          }
          // Stays valid when the epoch is stopped now.
          std::string text = check_sample(data_, order.sample_at(p), fields);
          if (!text.empty() && w == 0) wrong = text;
          (void)e->release(*lease);
          ++done;
        }
      });
    }
    while (done < static_cast<uint64_t>(round) * 5 && done < kSamples) std::this_thread::yield();
    e->stop_epoch();
    for (std::thread& t : workers) t.join();
    if (!wrong.empty()) {
      EXPECT_EQ(wrong, "error[io.stopped] " + data_.path + ": the epoch was stopped");
    }
  }
  EXPECT_EQ(run_epoch(*e, data_, order, 2), "") << "and works again";
}

TEST_P(IoLifetimeTest, ALeaseOutlivesItsEpoch) {
  const auto e = engine();
  const ListSequence order = sequential_order(kSamples);
  const auto lease = e->make_lease();
  std::vector<hr_field> fields(3);
  ASSERT_TRUE(e->start_epoch(order, 0, 8).ok());
  ASSERT_TRUE(e->acquire(0, 0, fields, *lease).ok());
  e->stop_epoch();
  EXPECT_EQ(check_sample(data_, 0, fields), "");
  EXPECT_EQ(run_epoch(*e, data_, order, 2), "");
  EXPECT_EQ(check_sample(data_, 0, fields), "");
  EXPECT_TRUE(e->release(*lease).ok());
  EXPECT_EQ(run_epoch(*e, data_, order, 2), "");
}

TEST_P(IoLifetimeTest, DestroyedInTheMiddle) {
  const uint64_t threads = running_threads(), descriptors = open_descriptors();
  const ListSequence order = random_order(kSamples, 3);
  for (int round = 0; round < 50; ++round) {
    const auto e = engine(round % 2 == 0 ? 1 : 6 * kPage);
    if (round % 5 == 0) continue;
    ASSERT_TRUE(e->start_epoch(order, 0, 8).ok());
    const auto lease = e->make_lease();
    std::vector<hr_field> fields(3);
    for (uint64_t p = 0; p < static_cast<uint64_t>(round); ++p) {
      ASSERT_TRUE(e->acquire(p, order.sample_at(p), fields, *lease).ok());
      ASSERT_TRUE(e->release(*lease).ok());
    }
  }
  EXPECT_EQ(running_threads(), threads);
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST_P(IoLifetimeTest, ManyEpochsTakeNoMoreThreadsAndDescriptors) {
  const TempDir dir;
  const TestData small = make_data(dir / "s.hrd", 30, [](uint64_t s) { return 3000 + s; });
  const auto e = make_engine(small, {.engine = GetParam(), .memory_bytes = 4 * kPage, .threads = 2});
  uint64_t threads = 0, descriptors = 0;
  for (uint32_t epoch = 0; epoch < 1000; ++epoch) {
    const ListSequence order = random_order(30, epoch);
    ASSERT_EQ(run_epoch(*e, small, order, 2), "") << epoch;
    if (epoch == 0) {
      threads = running_threads();
      descriptors = open_descriptors();
    }
  }
  EXPECT_EQ(running_threads(), threads);
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST_P(IoLifetimeTest, AForkCanDestroyIt) {
  auto e = engine();
  const ListSequence order = sequential_order(kSamples);
  ASSERT_TRUE(e->start_epoch(order, 0, 8).ok());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    e.reset();
    ::_exit(7);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_EQ(run_epoch(*e, data_, order, 2), "") << "the parent goes on";
}

TEST_P(IoLifetimeTest, ManyWorkers) {
  const auto e = engine(3 * kPage);
  EXPECT_EQ(run_epoch(*e, data_, random_order(kSamples, 4), 48), "");
  EXPECT_EQ(run_epoch(*e, data_, page_local_order(*data_.dataset, 3, 4), 48), "");
}

INSTANTIATE_TEST_SUITE_P(Engines, IoLifetimeTest,
                         ::testing::Values(IoEngineKind::mmap, IoEngineKind::pread, IoEngineKind::direct),
                         [](const auto& c) { return std::string(io_engine_name(c.param)); });

}  // namespace
}  // namespace headrace::testing
