// Loader::wait(): true exactly when next() has nothing to wait for.
#include <gtest/gtest.h>

#include <chrono>
#include <latch>

#include "loader_testing.h"

namespace headrace::testing {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAnyTime{600'000};

class LoaderWait : public ::testing::Test {
 protected:
  LoaderWait() {
    program_->on_run = [this](const hr_run_frame&) {
      go_.wait();
      return HR_OK;
    };
    options_.batch_size = 10;
    options_.threads = 2;
  }

  std::latch go_{1};
  std::shared_ptr<const Dataset> dataset_ = std::make_shared<FakeDataset>(40);
  std::shared_ptr<FakeProgram> program_ = std::make_shared<FakeProgram>();
  LoaderOptions options_;
};

TEST_F(LoaderWait, ComesBackWithoutABatchAndLosesNone) {
  const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, options_);
  ASSERT_TRUE(loader->start_epoch(0).ok());
  EXPECT_FALSE(loader->wait(milliseconds(0)));
  EXPECT_FALSE(loader->wait(milliseconds(5)));
  go_.count_down();
  for (uint64_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(loader->wait(kAnyTime));
    EXPECT_TRUE(loader->wait(milliseconds(0))) << "the batch is still there";
    const Expected<Batch> batch = loader->next();
    ASSERT_TRUE(batch.ok() && *batch);
    EXPECT_EQ(batch->index(), i);
  }
  EXPECT_TRUE(loader->wait(milliseconds(0))) << "the end of the epoch needs no waiting";
  EXPECT_FALSE(*loader->next());
}

TEST_F(LoaderWait, IsOverWhereNextWillFail) {
  go_.count_down();
  const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, options_);
  EXPECT_TRUE(loader->wait(milliseconds(0)));
  EXPECT_EQ(loader->next().status().code(), "loader.epoch");
}

TEST_F(LoaderWait, IsOverWhereTheCallerHoldsEveryBuffer) {
  go_.count_down();
  options_.ring_slots = 1;
  options_.ring_bytes = 8192;  // two buffers
  const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, options_);
  ASSERT_TRUE(loader->start_epoch(0).ok());
  std::vector<Batch> held;
  Status status;
  while (status.ok() && held.size() < 4) {
    ASSERT_TRUE(loader->wait(kAnyTime));
    Expected<Batch> batch = loader->next();
    status = batch.status();
    if (batch.ok()) held.push_back(std::move(*batch));
  }
  EXPECT_EQ(status.code(), "loader.held");
  EXPECT_FALSE(held.empty());
  held.clear();
  EXPECT_TRUE(loader->wait(kAnyTime));
  EXPECT_TRUE(loader->next().ok());
}

}  // namespace
}  // namespace headrace::testing
