#include "runtime/loader/sequence.h"

#include <algorithm>
#include <new>
#include <utility>

#include "runtime/loader/sequence_random.h"
#include "runtime/loader/sequence_tables.h"

namespace headrace {
namespace {

using sequence_random::hash;
using sequence_random::hash_pair;
using sequence_random::kDrawTag;

/// Random numbers of a row whose sample may come more than once in an epoch are keyed by its position: no
/// sample has a number this large.
constexpr uint64_t kPositionKey = uint64_t{1} << 63;

class Epoch final : public EpochSequence {
 public:
  Epoch(std::shared_ptr<const SequenceTables> tables, uint64_t epoch)
      : tables_(std::move(tables)), order_(make_order(epoch)) {
    const uint64_t key = sequence_random::epoch_key(tables_->seed, epoch);
    draw_key_ = sequence_random::stream_key(key, sequence_random::kDraws);
    substitute_key_ = sequence_random::stream_key(key, sequence_random::kSubstitutes);
  }

  uint64_t positions() const override { return tables_->size.positions; }
  SequenceItem at(uint64_t position) const override;
  SequenceItem substitute(uint64_t position, uint32_t attempt) const override;

 private:
  OrderPlan make_order(uint64_t epoch) const;

  bool is_padding(uint64_t position) const {
    return position >= tables_->size.used && tables_->tail == Tail::pad;
  }

  /// Number among the selected samples of the one at a position that is no padding.
  uint64_t number_at(uint64_t position) const {
    position %= tables_->size.used;  // wrapped ones start over
    if (!tables_->weights) return order_.at(position);
    const sequence_random::Pair random = hash_pair(draw_key_, position, 0, kDrawTag);
    return tables_->weights->draw(random.first, random.second);
  }

  uint64_t other_number(uint64_t failed, uint64_t position, uint32_t attempt) const;
  uint64_t other_draw(uint64_t failed, uint64_t position, uint32_t attempt) const;

  std::shared_ptr<const SequenceTables> tables_;
  OrderPlan order_;
  uint64_t draw_key_ = 0, substitute_key_ = 0;
};

OrderPlan Epoch::make_order(uint64_t epoch) const {
  switch (tables_->order) {
    case Order::sequential:
      break;
    case Order::random:
      return OrderPlan::random(tables_->selected, tables_->seed, epoch);
    case Order::quasi_random:
      return OrderPlan::quasi_random(*tables_->pages, tables_->window_bytes, tables_->seed, epoch);
  }
  return OrderPlan::sequential(tables_->selected);
}

SequenceItem Epoch::at(uint64_t position) const {
  if (is_padding(position)) return {SequenceItem::kPadding, kPositionKey | position};
  const uint64_t sample = tables_->sample(number_at(position));
  const bool recurs = tables_->weights || position >= tables_->size.used;
  return {sample, recurs ? kPositionKey | position : sample};
}

/// All others in a random order of the position's own, so that none is tried again before all were tried.
uint64_t Epoch::other_number(uint64_t failed, uint64_t position, uint32_t attempt) const {
  const uint64_t others = tables_->selected - 1;
  if (others == 0) return failed;
  const KeyedBijection mix(others, hash(substitute_key_, position, 0, kDrawTag));
  const uint64_t step = 1 + mix(attempt % others);
  return failed < tables_->selected - step ? failed + step : failed - (tables_->selected - step);
}

/// A draw with the same weights; the failed sample itself only where these leave hardly any other.
uint64_t Epoch::other_draw(uint64_t failed, uint64_t position, uint32_t attempt) const {
  const uint64_t key = hash(substitute_key_, position, attempt, kDrawTag);
  constexpr uint64_t kTries = 64;
  for (uint64_t i = 0; i < kTries; ++i) {
    const sequence_random::Pair random = hash_pair(key, i, 0, kDrawTag);
    const uint64_t number = tables_->weights->draw(random.first, random.second);
    if (number != failed) return number;
  }
  return failed;
}

SequenceItem Epoch::substitute(uint64_t position, uint32_t attempt) const {
  if (is_padding(position)) return at(position);
  const uint64_t failed = number_at(position);
  const uint64_t number =
      tables_->weights ? other_draw(failed, position, attempt) : other_number(failed, position, attempt);
  return {tables_->sample(number), kPositionKey | position};
}

class Plan final : public SequencePlan {
 public:
  explicit Plan(std::shared_ptr<const SequenceTables> tables) : tables_(std::move(tables)) {}

  uint64_t samples_per_epoch() const override {
    return std::min(tables_->size.used, tables_->size.positions);
  }
  uint64_t global_batches() const override { return tables_->size.positions / tables_->size.global_batch; }
  uint64_t key() const override { return tables_->key; }
  Expected<std::shared_ptr<const EpochSequence>> epoch(uint64_t epoch) const override {
    try {
      return std::shared_ptr<const EpochSequence>(std::make_shared<Epoch>(tables_, epoch));
    } catch (const std::bad_alloc&) {
      return Status("loader.memory", "", "out of memory for the order of the samples");
    }
  }

 private:
  std::shared_ptr<const SequenceTables> tables_;
};

}  // namespace

Expected<std::unique_ptr<SequencePlan>> SequencePlan::create(std::shared_ptr<const Dataset> dataset,
                                                             const LoaderOptions& options) {
  try {
    HR_ASSIGN_OR_RETURN(std::shared_ptr<const SequenceTables> tables,
                        SequenceTables::create(*dataset, options));
    return std::unique_ptr<SequencePlan>(std::make_unique<Plan>(std::move(tables)));
  } catch (const std::bad_alloc&) {
    return Status("loader.memory", dataset->path(), "out of memory for the selection of samples");
  }
}

}  // namespace headrace
