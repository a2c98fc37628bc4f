// The samples of an epoch, as every rank of a training run sees them: one global sequence of batches, a pure
// function of (options, seed, epoch, dataset), of which each rank takes its share.
#pragma once

#include <cstdint>
#include <memory>

#include "headrace/dataset.h"
#include "headrace/loader.h"
#include "headrace/status.h"

namespace headrace {

/// A place of the global sequence.
struct SequenceItem {
  uint64_t sample = 0;  ///< dataset index; kPadding where there is none
  uint64_t draw_key =
      0;  ///< hr_key.sample of its random numbers: the sample, or the position where samples recur

  static constexpr uint64_t kPadding = UINT64_MAX;
};

/// One epoch. Immutable; any thread.
class EpochSequence {
 public:
  virtual ~EpochSequence() = default;

  /// Positions of the global sequence, padding and wrapped ones included: a multiple of the global batch.
  virtual uint64_t positions() const = 0;

  virtual SequenceItem at(uint64_t position) const = 0;  ///< position < positions()

  /// Try `attempt` (0, 1, ...) at a sample that may take the place of the failed one at `position`.
  virtual SequenceItem substitute(uint64_t position, uint32_t attempt) const = 0;
};

/// All epochs of a dataset under given options: what does not depend on the epoch (selected samples, page
/// lists, weights) is computed once.
class SequencePlan {
 public:
  virtual ~SequencePlan() = default;

  /// Errors: "loader.empty", "loader.batch_size", "loader.rank", "loader.selection", "loader.weights".
  static Expected<std::unique_ptr<SequencePlan>> create(std::shared_ptr<const Dataset> dataset,
                                                        const LoaderOptions& options);

  virtual uint64_t samples_per_epoch() const = 0;  ///< real ones of the global sequence, before padding
  virtual uint64_t global_batches() const = 0;     ///< per epoch

  /// Error: "loader.memory".
  virtual Expected<std::shared_ptr<const EpochSequence>> epoch(uint64_t epoch) const = 0;

  /// Hash of everything that changes the sequence but seed, epoch, dataset content and the share of the rank.
  virtual uint64_t key() const = 0;
};

}  // namespace headrace
