// How well an epoch's order mixes classes, and what it makes the storage read, against a random order of the
// same samples.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "headrace/dataset.h"
#include "headrace/status.h"
#include "runtime/loader/sequence.h"

namespace headrace::cli {

/// Padding is left out everywhere.
struct OrderAnalysis {
  struct Mixing {
    uint64_t labels = 0;  ///< different ones in the epoch
    double run_mean = 0;  ///< samples in a row with the same label
    double run_mean_random = 0;
    uint64_t run_longest = 0;
    double per_batch_mean = 0;  ///< different labels in a global batch
    double per_batch_random = 0;
    uint64_t per_batch_fewest = 0;
  };

  uint64_t samples = 0, batches = 0;
  uint64_t pages = 0;          ///< that the samples lie in
  uint64_t page_switches = 0;  ///< samples that lie in another page than the one before
  double page_switches_random = 0;
  double pages_per_batch = 0;  ///< different ones, of global batches
  double pages_per_batch_random = 0;
  uint64_t pages_per_batch_most = 0;
  double page_bytes_per_batch = 0;    ///< of those pages
  double sample_bytes_per_batch = 0;  ///< of the samples themselves
  double read_bytes_per_batch = 0;    ///< of pages not among the last `kept_bytes` of them
  std::optional<Mixing> mixing;       ///< of the label field, if there is one
};

/// `kept_bytes`: pages used last stay in memory, so many bytes of them. `label_field`: number of an i64
/// field, or nothing. `progress` is told how many positions are done and may end the analysis by returning
/// false, which is the error "order.cancelled".
Expected<OrderAnalysis> analyze_order(const Dataset& dataset, const EpochSequence& sequence,
                                      uint64_t global_batch, uint64_t kept_bytes,
                                      std::optional<size_t> label_field,
                                      const std::function<bool(uint64_t)>& progress);

}  // namespace headrace::cli
