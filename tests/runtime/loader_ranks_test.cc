// Ranks, worlds and resuming: whatever the number of ranks, threads or stops, the global batches stay the
// same.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <tuple>

#include "loader_testing.h"

namespace headrace::testing {
namespace {

constexpr uint64_t kGlobalBatch = 24;

/// Rows of the global batches of an epoch: (batch, row) -> sample and its bytes; padding left out.
using GlobalRows = std::map<std::pair<uint64_t, uint64_t>, std::pair<uint64_t, std::vector<uint8_t>>>;

void add_rows(const Batch& batch, const LoaderOptions& options, GlobalRows& rows) {
  for (uint64_t i = 0; i < batch.samples(); ++i) {
    const uint8_t* noise = batch.output(0) + i * FakeProgram::kNoiseBytes;
    rows[{batch.index(), i * options.world_size + options.rank}] = {
        batch.sample_ids()[i], std::vector<uint8_t>(noise, noise + FakeProgram::kNoiseBytes)};
  }
}

class LoaderRanks : public ::testing::Test {
 protected:
  LoaderRanks() {
    auto program = std::make_shared<FakeProgram>();
    program->on_run = [](const hr_run_frame& f) {
      dawdle(f.key.sample + f.key.epoch);
      return HR_OK;
    };
    program->info_.key = "0011223344556677";
    program_ = std::move(program);
  }

  LoaderOptions options(uint64_t world, uint64_t rank, Order order, Tail tail) const {
    LoaderOptions o;
    o.batch_size = kGlobalBatch / world;
    o.world_size = world;
    o.rank = rank;
    o.order = order;
    o.tail = tail;
    o.seed = 5;
    o.threads = 1 + static_cast<unsigned>((world + rank) % 3);
    o.window_bytes = 3000;
    return o;
  }

  GlobalRows run_world(uint64_t world, Order order, Tail tail, uint64_t epoch) const {
    GlobalRows rows;
    for (uint64_t rank = 0; rank < world; ++rank) {
      const LoaderOptions o = options(world, rank, order, tail);
      const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, o);
      EXPECT_TRUE(loader->start_epoch(epoch).ok());
      for (;;) {
        const Expected<Batch> batch = loader->next();
        EXPECT_TRUE(batch.ok()) << batch.status().to_string();
        if (!batch.ok() || !batch.value()) break;
        EXPECT_EQ(batch.value().rows(), o.batch_size);
        EXPECT_EQ(batch.value().epoch(), epoch);
        add_rows(batch.value(), o, rows);
      }
    }
    return rows;
  }

  std::shared_ptr<const Dataset> dataset_ = std::make_shared<FakeDataset>(203);
  std::shared_ptr<const Program> program_;
};

TEST_F(LoaderRanks, GlobalBatchesAreTheSameForEveryWorld) {
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    for (const Tail tail : {Tail::drop, Tail::pad, Tail::wrap}) {
      const GlobalRows alone = run_world(1, order, tail, 3);
      EXPECT_EQ(alone.size(), tail == Tail::drop ? 192u : tail == Tail::pad ? 203u : 216u);
      for (const uint64_t world : {2u, 3u, 4u, 6u, 8u, 12u}) {
        ASSERT_TRUE(run_world(world, order, tail, 3) == alone)
            << order_name(order) << ", " << tail_name(tail) << ", world " << world;
      }
    }
  }
}

TEST_F(LoaderRanks, PaddingIsZerosAndMaskedOnEveryRank) {
  uint64_t padded = 0;
  for (uint64_t rank = 0; rank < 8; ++rank) {
    const std::unique_ptr<Loader> loader =
        make_loader(dataset_, program_, options(8, rank, Order::random, Tail::pad));
    ASSERT_EQ(loader->batches_per_epoch(), 9u);
    ASSERT_TRUE(loader->start_epoch(0).ok());
    for (uint64_t k = 0; k < 9; ++k) {
      const Expected<Batch> batch = loader->next();
      ASSERT_TRUE(batch.ok() && batch.value());
      const Batch& b = batch.value();
      ASSERT_EQ(b.rows(), 3u) << "every rank has the same shapes";
      ASSERT_EQ(b.mask().size(), 3u);
      for (uint64_t i = 0; i < b.rows(); ++i) {
        const bool real = i < b.samples();
        ASSERT_EQ(b.mask()[i], real ? 1 : 0);
        const uint8_t* noise = b.output(0) + i * FakeProgram::kNoiseBytes;
        const bool zeros =
            std::all_of(noise, noise + FakeProgram::kNoiseBytes, [](uint8_t x) { return x == 0; });
        ASSERT_EQ(zeros, !real);
        padded += !real;
      }
    }
  }
  EXPECT_EQ(padded, 216u - 203u);
}

TEST_F(LoaderRanks, ResumesAtEveryBatchWithAnotherWorld) {
  const uint64_t epoch = 2;
  for (const Order order : {Order::random, Order::quasi_random}) {
    const GlobalRows whole = run_world(1, order, Tail::pad, epoch);
    for (uint64_t stop = 0; stop <= 9; ++stop) {
      GlobalRows rows;
      std::string saved;
      const uint64_t before = std::array<uint64_t, 3>{1, 4, 6}[stop % 3];
      for (uint64_t rank = 0; rank < before; ++rank) {
        const LoaderOptions o = options(before, rank, order, Tail::pad);
        const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, o);
        ASSERT_TRUE(loader->start_epoch(epoch).ok());
        for (uint64_t k = 0; k < stop; ++k) {
          const Expected<Batch> batch = loader->next();
          ASSERT_TRUE(batch.ok() && batch.value());
          add_rows(batch.value(), o, rows);
        }
        const std::string state = loader->state().to_json();
        ASSERT_TRUE(rank == 0 || state == saved) << "ranks agree on where they are";
        saved = state;
      }
      const Expected<LoaderState> state = LoaderState::from_json(saved, "state.json");
      ASSERT_TRUE(state.ok()) << state.status().to_string();
      EXPECT_EQ(state.value().consumed, stop * kGlobalBatch);
      const uint64_t after = std::array<uint64_t, 3>{3, 1, 12}[stop % 3];
      for (uint64_t rank = 0; rank < after; ++rank) {
        LoaderOptions o = options(after, rank, order, Tail::pad);
        o.ring_slots = 1 + static_cast<unsigned>(rank % 4);
        const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, o);
        ASSERT_TRUE(loader->resume(state.value()).ok());
        EXPECT_EQ(loader->state().to_json(), saved);
        ASSERT_TRUE(loader->start_epoch(epoch).ok());
        for (uint64_t k = stop;; ++k) {
          const Expected<Batch> batch = loader->next();
          ASSERT_TRUE(batch.ok());
          if (!batch.value()) break;
          ASSERT_EQ(batch.value().index(), k);
          add_rows(batch.value(), o, rows);
        }
      }
      ASSERT_TRUE(rows == whole) << order_name(order) << ", stopped after " << stop;
    }
  }
}

TEST_F(LoaderRanks, ResumingTouchesOnlyItsEpoch) {
  const LoaderOptions o = options(1, 0, Order::random, Tail::drop);
  const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, o);
  const Epoch first = run_epoch(*loader, 4);
  LoaderState state = loader->state();
  EXPECT_EQ(state.epoch, 4u);
  EXPECT_EQ(state.consumed, 192u);
  state.consumed = 5 * kGlobalBatch;
  ASSERT_TRUE(loader->resume(state).ok());
  EXPECT_EQ(run_epoch(*loader, 5).batch_samples.size(), 8u) << "another epoch starts at its beginning";
  EXPECT_EQ(run_epoch(*loader, 4).batch_samples.size(), 8u) << "and drops the state";
  ASSERT_TRUE(loader->resume(state).ok());
  EXPECT_EQ(run_epoch(*loader, 4).batch_samples.size(), 3u);
  state.consumed = 192;
  ASSERT_TRUE(loader->resume(state).ok());
  EXPECT_EQ(run_epoch(*loader, 4).batch_samples.size(), 0u) << "the epoch was complete";
  EXPECT_TRUE(run_epoch(*loader, 4) == first);
}

TEST_F(LoaderRanks, StatesThatDoNotFitAreRefused) {
  const LoaderOptions o = options(2, 1, Order::random, Tail::drop);
  const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, o);
  ASSERT_TRUE(loader->start_epoch(0).ok());
  LoaderState state = loader->state();
  state.consumed = 7;
  EXPECT_EQ(
      loader->resume(state).to_string(),
      "error[state.position] the state stands after 7 samples of the epoch, which is not the start of one "
      "of its 8 global batches of 24");
  state.consumed = 216;
  EXPECT_EQ(loader->resume(state).code(), "state.position");
  state.consumed = 48;
  LoaderOptions other = o;
  other.seed = 6;
  EXPECT_FALSE(make_loader(dataset_, program_, other)->resume(state).ok());
  other = o;
  other.order = Order::sequential;
  EXPECT_FALSE(make_loader(dataset_, program_, other)->resume(state).ok());
  other = o;
  other.batch_size = 8;
  EXPECT_FALSE(make_loader(dataset_, program_, other)->resume(state).ok()) << "another global batch";
  auto changed = std::make_shared<FakeProgram>();
  changed->info_.key = "8899aabbccddeeff";
  EXPECT_FALSE(make_loader(dataset_, changed, o)->resume(state).ok());
  EXPECT_TRUE(make_loader(dataset_, program_, o)->resume(state).ok());
}

}  // namespace
}  // namespace headrace::testing
