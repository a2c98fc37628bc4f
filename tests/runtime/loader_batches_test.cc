// Batches: the same bytes however they are made, in order, complete, where the header says they lie.
#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "loader_testing.h"

namespace headrace::testing {
namespace {

class LoaderBatches : public ::testing::Test {
 protected:
  LoaderBatches() {
    auto program = std::make_shared<FakeProgram>();
    program->on_run = [](const hr_run_frame& f) {
      dawdle(f.key.sample + f.key.epoch);
      return HR_OK;
    };
    program_ = std::move(program);
  }

  Epoch run(const LoaderOptions& options, uint64_t epoch) {
    const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, options);
    return run_epoch(*loader, epoch);
  }

  std::shared_ptr<const Dataset> dataset_ = std::make_shared<FakeDataset>(203);
  std::shared_ptr<const Program> program_;
};

TEST_F(LoaderBatches, AreWhatTheProgramMakesOfEachSample) {
  LoaderOptions options;
  options.batch_size = 20;
  options.threads = 3;
  options.seed = 11;
  options.tail = Tail::pad;
  const Epoch epoch = run(options, 5);
  ASSERT_TRUE(epoch.status.ok()) << epoch.status.to_string();
  ASSERT_EQ(epoch.ids.size(), 203u);
  std::set<int64_t> seen;
  for (size_t i = 0; i < epoch.ids.size(); ++i) {
    EXPECT_EQ(uint64_t(epoch.ids[i]), epoch.sample_ids[i]);
    seen.insert(epoch.ids[i]);
    const std::vector<uint8_t> expected = FakeProgram::expected_noise(11, 5, epoch.sample_ids[i]);
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), &epoch.noise[i * FakeProgram::kNoiseBytes]))
        << i;
  }
  EXPECT_EQ(seen.size(), 203u);
}

TEST_F(LoaderBatches, DoNotDependOnThreadsBatchSizeOrRing) {
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    LoaderOptions options;
    options.order = order;
    options.tail = Tail::pad;
    options.window_bytes = 4000;
    options.seed = 3;
    options.threads = 1;
    options.batch_size = 203;
    const Epoch reference = run(options, 2);
    ASSERT_EQ(reference.ids.size(), 203u);
    for (const unsigned threads : {1u, 2u, 4u, 7u}) {
      for (const uint64_t batch_size : {1u, 7u, 32u, 500u}) {
        for (const unsigned slots : {0u, 1u, 2u, 9u}) {
          options.threads = threads;
          options.batch_size = batch_size;
          options.ring_slots = slots;
          const Epoch epoch = run(options, 2);
          ASSERT_TRUE(epoch.status.ok()) << epoch.status.to_string();
          ASSERT_TRUE(epoch == reference) << order_name(order) << ", " << threads << " threads, batches of "
                                          << batch_size << ", " << slots << " slots";
        }
      }
    }
  }
}

TEST_F(LoaderBatches, SequentialOrderVisitsInOrder) {
  LoaderOptions options;
  options.order = Order::sequential;
  options.tail = Tail::pad;
  options.batch_size = 16;
  options.threads = 4;
  const Epoch epoch = run(options, 0);
  std::vector<uint64_t> expected(203);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(epoch.sample_ids, expected);
}

TEST_F(LoaderBatches, LastPartialBatchIsKeptOrDropped) {
  LoaderOptions options;
  options.batch_size = 50;
  options.threads = 2;
  options.tail = Tail::pad;
  std::unique_ptr<Loader> loader = make_loader(dataset_, program_, options);
  EXPECT_EQ(loader->batches_per_epoch(), 5u);
  EXPECT_EQ(loader->samples_per_epoch(), 203u);
  const Epoch kept = run_epoch(*loader, 0);
  EXPECT_EQ(kept.batch_samples, (std::vector<uint64_t>{50, 50, 50, 50, 3}));

  options.tail = Tail::drop;
  loader = make_loader(dataset_, program_, options);
  EXPECT_EQ(loader->batches_per_epoch(), 4u);
  EXPECT_EQ(loader->samples_per_epoch(), 200u);
  const Epoch dropped = run_epoch(*loader, 0);
  EXPECT_EQ(dropped.batch_samples, (std::vector<uint64_t>{50, 50, 50, 50}));
  EXPECT_TRUE(std::equal(dropped.noise.begin(), dropped.noise.end(), kept.noise.begin()));
}

TEST_F(LoaderBatches, LimitKeepsTheFirstPositions) {
  LoaderOptions options;
  options.batch_size = 16;
  options.threads = 2;
  options.tail = Tail::pad;
  const Epoch whole = run(options, 1);
  options.limit = 40;
  const Epoch part = run(options, 1);
  EXPECT_EQ(part.batch_samples, (std::vector<uint64_t>{16, 16, 8}));
  EXPECT_TRUE(std::equal(part.sample_ids.begin(), part.sample_ids.end(), whole.sample_ids.begin()));
  EXPECT_TRUE(std::equal(part.noise.begin(), part.noise.end(), whole.noise.begin()));
  options.tail = Tail::drop;
  EXPECT_EQ(run(options, 1).batch_samples, (std::vector<uint64_t>{16, 16}));
  options.limit = 1000;
  EXPECT_EQ(run(options, 1).sample_ids.size(), 192u);
}

TEST_F(LoaderBatches, OutputsLieAsPromised) {
  LoaderOptions options;
  options.batch_size = 33;
  options.threads = 2;
  const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, options);
  ASSERT_TRUE(loader->start_epoch(0).ok());
  for (uint64_t b = 0; b < 6; ++b) {
    const Expected<Batch> batch = loader->next();
    ASSERT_TRUE(batch.ok() && *batch);
    EXPECT_EQ(batch->index(), b);
    EXPECT_EQ(batch->samples(), 33u);
    EXPECT_EQ(batch->sample_ids().size(), 33u);
    for (size_t k = 0; k < 2; ++k) {
      EXPECT_EQ(reinterpret_cast<uintptr_t>(batch->output(k)) % 4096, 0u);
    }
    EXPECT_NE(batch->output(0), batch->output(1));
  }
  const Expected<Batch> end = loader->next();
  ASSERT_TRUE(end.ok());
  EXPECT_FALSE(*end);
  EXPECT_FALSE(*loader->next()) << "the end stays the end";
}

TEST_F(LoaderBatches, EpochsDifferAndRepeat) {
  LoaderOptions options;
  options.batch_size = 29;
  options.threads = 4;
  const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, options);
  const Epoch first = run_epoch(*loader, 0);
  const Epoch second = run_epoch(*loader, 1);
  EXPECT_FALSE(first == second);
  EXPECT_TRUE(first == run_epoch(*loader, 0));
  EXPECT_TRUE(second == run(options, 1));
  EXPECT_EQ(loader->stats().batches, 21u);
  EXPECT_EQ(loader->stats().samples, 609u);
}

TEST_F(LoaderBatches, WarningsOfDeliveredSamplesAreCounted) {
  auto program = std::make_shared<FakeProgram>();
  program->on_run = [](const hr_run_frame& f) {
    f.error->warnings = f.key.sample % 10 == 0 ? 2 : 0;
    return HR_OK;
  };
  LoaderOptions options;
  options.batch_size = 10;
  options.threads = 3;
  options.order = Order::sequential;
  const std::unique_ptr<Loader> loader = make_loader(dataset_, program, options);
  ASSERT_TRUE(loader->start_epoch(0).ok());
  for (int b = 1; b <= 15; ++b) {  // every buffer is used more than once
    ASSERT_TRUE(*loader->next());
    EXPECT_EQ(loader->stats().decode_warnings, uint64_t(b) * 2) << "not those of batches made ahead";
  }
}

TEST_F(LoaderBatches, WaitingIsAttributed) {
  LoaderOptions options;
  options.batch_size = 40;
  options.threads = 1;
  const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, options);
  run_epoch(*loader, 0);
  EXPECT_GT(loader->stats().consumer_wait_ns, 0u);
}

}  // namespace
}  // namespace headrace::testing
