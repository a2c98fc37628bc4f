// The global sequence of an epoch: the same for every world size, filled up as the tail policy says, the same
// in every release.
#include "runtime/loader/sequence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "headrace/philox.h"
#include "sequence_testing.h"

namespace headrace {
namespace {

using testing::items;
using testing::samples;
using testing::TableDataset;

constexpr uint64_t kPadding = SequenceItem::kPadding;
constexpr uint64_t kPositionKey = uint64_t{1} << 63;

class Sequence : public ::testing::Test {
 protected:
  Sequence() {
    options.batch_size = 24;
    options.window_bytes = 3000;
    options.seed = 5;
  }

  std::unique_ptr<SequencePlan> plan() {
    Expected<std::unique_ptr<SequencePlan>> made = SequencePlan::create(dataset, options);
    EXPECT_TRUE(made.ok()) << made.status().to_string();
    return made.ok() ? std::move(*made) : nullptr;
  }
  std::shared_ptr<const EpochSequence> epoch(uint64_t number) { return *plan()->epoch(number); }
  std::string error() { return SequencePlan::create(dataset, options).status().to_string(); }

  std::shared_ptr<TableDataset> dataset = std::make_shared<TableDataset>(103);
  LoaderOptions options;
};

/// Rank r's share as the loader takes it: row i of its batch k is row i * W + r of the global batch.
std::vector<uint64_t> share(const EpochSequence& sequence, uint64_t rank, uint64_t world,
                            uint64_t batch_size) {
  std::vector<uint64_t> list;
  for (uint64_t k = 0; k < sequence.positions() / (batch_size * world); ++k) {
    for (uint64_t i = 0; i < batch_size; ++i)
      list.push_back(sequence.at(k * batch_size * world + i * world + rank).sample);
  }
  return list;
}

TEST_F(Sequence, IsTheSameForEveryWorldSize) {
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    for (const Tail tail : {Tail::drop, Tail::pad, Tail::wrap}) {
      options.order = order;
      options.tail = tail;
      std::vector<uint64_t> base, base_sorted;
      uint64_t base_key = 0;
      for (const uint64_t world : {1u, 2u, 3u, 4u, 6u, 8u, 12u}) {
        options.world_size = world;
        options.batch_size = 24 / world;
        std::vector<uint64_t> all;
        for (uint64_t rank = 0; rank < world; ++rank) {
          options.rank = rank;
          const std::unique_ptr<SequencePlan> made = plan();
          const std::shared_ptr<const EpochSequence> sequence = *made->epoch(3);
          if (base.empty()) {
            base = base_sorted = samples(*sequence);
            std::sort(base_sorted.begin(), base_sorted.end());
            base_key = made->key();
          }
          ASSERT_EQ(samples(*sequence), base) << "world " << world;
          ASSERT_EQ(made->key(), base_key);
          ASSERT_EQ(made->global_batches(), tail == Tail::drop ? 4u : 5u);
          ASSERT_EQ(made->samples_per_epoch(), tail == Tail::drop ? 96u : 103u);
          const std::vector<uint64_t> part = share(*sequence, rank, world, options.batch_size);
          ASSERT_EQ(part.size(), base.size() / world);
          all.insert(all.end(), part.begin(), part.end());
        }
        std::sort(all.begin(), all.end());
        ASSERT_EQ(all, base_sorted) << "world " << world;
      }
    }
  }
}

TEST_F(Sequence, DropLeavesOutWhatDoesNotFillABatch) {
  options.order = Order::sequential;
  std::vector<uint64_t> expected(96);
  for (uint64_t i = 0; i < 96; ++i) expected[i] = i;
  EXPECT_EQ(samples(*epoch(0)), expected);

  options.order = Order::random;
  const std::vector<uint64_t> first = samples(*epoch(0)), second = samples(*epoch(1));
  const std::set<uint64_t> in_first(first.begin(), first.end()), in_second(second.begin(), second.end());
  EXPECT_EQ(in_first.size(), 96u);
  EXPECT_NE(in_first, in_second) << "other samples are left out in every epoch";
}

TEST_F(Sequence, PadFillsUpWithNothing) {
  options.tail = Tail::pad;
  const std::vector<SequenceItem> list = items(*epoch(2));
  ASSERT_EQ(list.size(), 120u);
  std::set<uint64_t> seen;
  for (uint64_t p = 0; p < 103; ++p) {
    EXPECT_LT(list[p].sample, 103u);
    EXPECT_EQ(list[p].draw_key, list[p].sample);
    EXPECT_TRUE(seen.insert(list[p].sample).second);
  }
  for (uint64_t p = 103; p < 120; ++p) EXPECT_EQ(list[p].sample, kPadding);
}

TEST_F(Sequence, WrapFillsUpFromTheStartOfTheEpochWithOtherRandomNumbers) {
  options.tail = Tail::wrap;
  const std::vector<SequenceItem> list = items(*epoch(2));
  ASSERT_EQ(list.size(), 120u);
  for (uint64_t p = 0; p < 103; ++p) EXPECT_EQ(list[p].draw_key, list[p].sample);
  for (uint64_t p = 103; p < 120; ++p) {
    EXPECT_EQ(list[p].sample, list[p - 103].sample);
    EXPECT_EQ(list[p].draw_key, kPositionKey | p);
  }
  options.limit = 10;  // less than half a batch
  const std::vector<uint64_t> few = samples(*epoch(2));
  ASSERT_EQ(few.size(), 24u);
  for (uint64_t p = 0; p < 24; ++p) EXPECT_EQ(few[p], few[p % 10]);
}

TEST_F(Sequence, WholeBatchesNeedNoTail) {
  dataset = std::make_shared<TableDataset>(96);
  for (const Tail tail : {Tail::drop, Tail::pad, Tail::wrap}) {
    options.tail = tail;
    const std::vector<uint64_t> list = samples(*epoch(0));
    EXPECT_EQ(list.size(), 96u);
    EXPECT_EQ(std::count(list.begin(), list.end(), kPadding), 0);
  }
}

TEST_F(Sequence, LimitKeepsTheFirstPositions) {
  options.tail = Tail::pad;
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    options.order = order;
    options.limit = 0;
    const std::vector<uint64_t> whole = samples(*epoch(4));
    for (const uint64_t limit : {1u, 24u, 50u, 103u, 1000u}) {
      options.limit = limit;
      const uint64_t used = std::min<uint64_t>(limit, 103);
      EXPECT_EQ(plan()->samples_per_epoch(), used);
      const std::vector<uint64_t> list = samples(*epoch(4));
      ASSERT_EQ(list.size(), (used + 23) / 24 * 24);
      EXPECT_TRUE(std::equal(list.begin(), list.begin() + int64_t(used), whole.begin()));
      EXPECT_EQ(std::count(list.begin(), list.end(), kPadding), int64_t(list.size() - used));
    }
  }
}

TEST_F(Sequence, SubstitutesAreAllOthersInAnOrderOfThePositionsOwn) {
  options.tail = Tail::pad;
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    options.order = order;
    const std::shared_ptr<const EpochSequence> sequence = epoch(1), same = epoch(1);
    std::set<std::vector<uint64_t>> orders;
    for (const uint64_t position : {0u, 17u, 102u}) {
      const uint64_t failed = sequence->at(position).sample;
      std::vector<uint64_t> tried;
      for (uint32_t attempt = 0; attempt < 102; ++attempt) {
        const SequenceItem item = sequence->substitute(position, attempt);
        EXPECT_EQ(item.draw_key, kPositionKey | position);
        EXPECT_EQ(item.sample, same->substitute(position, attempt).sample);
        EXPECT_NE(item.sample, failed);
        EXPECT_LT(item.sample, 103u);
        tried.push_back(item.sample);
      }
      EXPECT_EQ(std::set<uint64_t>(tried.begin(), tried.end()).size(), 102u);
      EXPECT_EQ(sequence->substitute(position, 102).sample, tried[0]);
      orders.insert(tried);
    }
    EXPECT_EQ(orders.size(), 3u);
    EXPECT_EQ(sequence->substitute(110, 0).sample, kPadding);
  }
}

TEST_F(Sequence, TheOnlySampleIsItsOwnSubstitute) {
  dataset = std::make_shared<TableDataset>(1);
  options.batch_size = 1;
  EXPECT_EQ(epoch(0)->substitute(0, 0).sample, 0u);
  EXPECT_EQ(epoch(0)->substitute(0, 7).sample, 0u);
}

TEST_F(Sequence, AnEpochOutlivesItsPlan) {
  options.order = Order::quasi_random;
  std::unique_ptr<SequencePlan> made = plan();
  const std::shared_ptr<const EpochSequence> sequence = *made->epoch(0);
  const std::vector<uint64_t> before = samples(*sequence);
  made.reset();
  EXPECT_EQ(samples(*sequence), before);
}

/// Far more samples than any array could hold; counts questions about pages.
class HugeDataset : public TableDataset {
 public:
  HugeDataset() : TableDataset(0) {}
  uint64_t size() const override { return uint64_t{1} << 50; }
  uint64_t page_of(uint64_t sample) const override {
    ++page_questions;
    return sample >> 38;
  }
  uint64_t page_count() const override { return 1 << 12; }
  Status metadata(uint64_t /*sample*/, std::span<hr_field> /*out*/) const override {
    ADD_FAILURE() << "nothing asks for a value";
    return {};
  }

  mutable uint64_t page_questions = 0;
};

TEST_F(Sequence, NeedsNoMemoryPerSample) {
  const auto huge = std::make_shared<HugeDataset>();
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    options.order = order;
    const Expected<std::unique_ptr<SequencePlan>> made = SequencePlan::create(huge, options);
    ASSERT_TRUE(made.ok()) << made.status().to_string();
    const std::shared_ptr<const EpochSequence> sequence = *(*made)->epoch(1);
    std::set<uint64_t> seen;
    for (uint64_t i = 0; i < 1000; ++i) {
      const uint64_t sample = sequence->at(sequence->positions() / 1000 * i).sample;
      ASSERT_LT(sample, huge->size());
      EXPECT_TRUE(seen.insert(sample).second);
    }
    if (order != Order::quasi_random) {
      EXPECT_EQ(huge->page_questions, 0u) << "nor does any page matter";
    }
  }
  EXPECT_GT(huge->page_questions, 1u << 12);
  EXPECT_LT(huge->page_questions, 200u << 12) << "pages are found by bisection";
}

TEST_F(Sequence, KeyChangesWithEverythingThatChangesTheSequence) {
  std::set<uint64_t> keys;
  const auto differs = [&] { return keys.insert(plan()->key()).second; };
  EXPECT_TRUE(differs());
  options.seed = 6;  // compared on its own
  options.rank = 0;
  EXPECT_FALSE(differs());
  options.window_bytes = 5000;  // means nothing to this order
  EXPECT_FALSE(differs());
  options.limit = 103;  // all
  EXPECT_FALSE(differs());
  options.limit = 100;
  EXPECT_TRUE(differs());
  options.limit = 0;
  options.batch_size = 12;
  EXPECT_TRUE(differs());
  options.batch_size = 24;
  for (const Tail tail : {Tail::pad, Tail::wrap}) {
    options.tail = tail;
    EXPECT_TRUE(differs());
  }
  options.tail = Tail::drop;
  options.order = Order::sequential;
  EXPECT_TRUE(differs());
  options.order = Order::quasi_random;
  EXPECT_TRUE(differs());
  options.window_bytes = 3000;
  EXPECT_TRUE(differs());
  dataset = std::make_shared<TableDataset>(103, 9);  // other pages
  EXPECT_TRUE(differs());
}

TEST_F(Sequence, ErrorsSayWhatIsPossible) {
  options.batch_size = 104;
  EXPECT_EQ(error(),
            "error[loader.batch_size] table.hrd: batch size 104 is larger than the dataset's 103 samples, "
            "and the tail "
            "policy \"drop\" leaves out the only, partial batch: use a batch size of at most 103, or the "
            "policy \"pad\" "
            "or \"wrap\"");
  options.limit = 20;
  EXPECT_EQ(error(),
            "error[loader.batch_size] table.hrd: batch size 104 is larger than the limit of 20 samples, and "
            "the tail "
            "policy \"drop\" leaves out the only, partial batch: use a batch size of at most 20, or the "
            "policy \"pad\" "
            "or \"wrap\"");
  options.limit = 0;
  options.world_size = 8;
  options.batch_size = 13;
  EXPECT_EQ(
      error(),
      "error[loader.batch_size] table.hrd: a global batch of 8 x 13 samples is larger than the dataset's 103 "
      "samples, and the tail policy \"drop\" leaves out the only, partial batch: use a batch size of at most "
      "12, "
      "or the policy \"pad\" or \"wrap\"");
  options.world_size = 104;
  options.batch_size = 1;
  EXPECT_EQ(error(),
            "error[loader.batch_size] table.hrd: a global batch of 104 x 1 samples is larger than the "
            "dataset's 103 "
            "samples, and the tail policy \"drop\" leaves out the only, partial batch: use fewer ranks, or "
            "the policy "
            "\"pad\" or \"wrap\"");
  options.batch_size = uint64_t{1} << 60;
  EXPECT_EQ(error(),
            "error[loader.batch_size] table.hrd: a global batch of 104 x 1152921504606846976 samples is "
            "larger than any "
            "memory");
  options.batch_size = 0;
  options.rank = 104;
  EXPECT_EQ(
      error(),
      "error[loader.rank] table.hrd: rank 104 does not exist in a world of size 104; ranks count from 0\n"
      "error[loader.batch_size] table.hrd: the batch size must be at least 1");
  options.batch_size = 1;
  options.world_size = 0;
  EXPECT_EQ(error(), "error[loader.rank] table.hrd: the world size is 0; expected 1 to 1048576");
  options.world_size = 1 << 21;
  EXPECT_EQ(error(), "error[loader.rank] table.hrd: the world size is 2097152; expected 1 to 1048576");
  options = {};
  dataset = std::make_shared<TableDataset>(0);
  EXPECT_EQ(error(), "error[loader.empty] table.hrd: the dataset has no samples");
}

/// A digest of the first items of an epoch's sequence and their substitutes.
uint64_t digest(const EpochSequence& sequence) {
  uint64_t h = 1;
  const auto mix = [&](uint64_t v) {
    const philox::Block b =
        philox::block({uint32_t(v), uint32_t(v >> 32), 0, 0}, uint32_t(h), uint32_t(h >> 32));
    h = uint64_t{b[0]} | uint64_t{b[1]} << 32;
  };
  for (uint64_t p = 0; p < std::min<uint64_t>(sequence.positions(), 1000); ++p) {
    const SequenceItem item = sequence.at(p), other = sequence.substitute(p, 3);
    mix(item.sample);
    mix(item.draw_key);
    mix(other.sample);
  }
  return h;
}

// Orders are part of what makes a run reproducible: none of these numbers may ever change.
TEST_F(Sequence, HasTheseValues) {
  dataset = std::make_shared<TableDataset>(10'007, 37);
  std::vector<int64_t> labels;
  std::vector<double> weights;
  for (uint64_t s = 0; s < 10'007; ++s) {
    labels.push_back(int64_t(s % 11 * (s % 3)));
    weights.push_back(double(s % 17) / 3);
  }
  dataset->add_integers("label", labels);
  options.tail = Tail::wrap;
  options.batch_size = 777;
  options.window_bytes = 20'000;
  options.seed = 0x123456789abcdef0;
  std::vector<uint64_t> found;
  const auto note = [&] {
    found.push_back(digest(*epoch(0)));
    found.push_back(digest(*epoch((uint64_t{1} << 32) + 3)));
    found.push_back(plan()->key());
  };
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    options.order = order;
    note();
    options.selection.filter = "label in [4, 6, 9]";
    note();
    options.selection = {};
  }
  options.order = Order::random;
  options.selection.weights = weights;
  note();
  options.selection.weights.clear();
  options.selection.balance_field = "label";
  options.selection.draws = 5000;
  note();
  EXPECT_EQ(found,
            (std::vector<uint64_t>{
                3541659115595411355u,  7975494588921093510u,  7268523015132993625u,  10312896034839528802u,
                17077727744095913858u, 13568311517338219790u, 2812310402584419004u,  12837694331637262249u,
                15224036382585619728u, 14033592605637566355u, 7052039838546735243u,  2290870871282988588u,
                16997234249159091793u, 4124243641670144290u,  13973939494548765969u, 10096522600005129593u,
                13977432053098658456u, 219467402838705265u,   6011706491951283359u,  2700443869672522989u,
                8510479682352217614u,  11788871255338001682u, 5870350311086030304u,  17323374482757084088u}));
}

}  // namespace
}  // namespace headrace
