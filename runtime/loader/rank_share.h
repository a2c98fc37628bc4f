// A rank's share of an epoch: local position p is row p % rows of the rank's batch p / rows.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "runtime/io/io_engine.h"
#include "runtime/loader/sequence.h"

namespace headrace {

class RankShare final : public SampleSequence {
 public:
  RankShare(std::shared_ptr<const EpochSequence> sequence, uint64_t rows, uint64_t rank, uint64_t world_size)
      : sequence_(std::move(sequence)), rows_(rows), rank_(rank), world_size_(world_size) {
    size_ = sequence_->positions() / world_size;
    while (size_ > 0 && item(size_ - 1).sample == SequenceItem::kPadding) --size_;
  }

  /// Position in the global sequence: batches are its multiples of rows x world_size, ranks take turns in
  /// them.
  uint64_t global(uint64_t position) const {
    const uint64_t batch = position / rows_;
    return (batch * rows_ + position % rows_) * world_size_ + rank_;
  }
  SequenceItem item(uint64_t position) const { return sequence_->at(global(position)); }
  const EpochSequence& sequence() const { return *sequence_; }

  // Without the padding, which comes last.
  uint64_t size() const override { return size_; }
  uint64_t sample_at(uint64_t position) const override { return item(position).sample; }

 private:
  std::shared_ptr<const EpochSequence> sequence_;
  uint64_t rows_, rank_, world_size_;
  uint64_t size_ = 0;
};

}  // namespace headrace
