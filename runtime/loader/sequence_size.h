// How long an epoch is: samples, global batches, and what the tail policy makes of the rest.
#pragma once

#include <cstdint>

#include "headrace/dataset.h"
#include "headrace/loader.h"
#include "headrace/status.h"

namespace headrace {

/// What an epoch's samples are, for messages.
enum class SequenceSource : uint8_t { dataset, selection, draws };

struct SequenceSize {
  uint64_t global_batch = 1;  ///< rows, of all ranks
  uint64_t used = 0;          ///< samples before the tail policy
  uint64_t positions = 0;     ///< of the global sequence: a multiple of global_batch
};

/// For `available` samples or draws. Errors: "loader.empty", "loader.selection", "loader.batch_size",
/// "loader.rank".
Expected<SequenceSize> size_sequence(const Dataset& dataset, const LoaderOptions& options, uint64_t available,
                                     SequenceSource source);

}  // namespace headrace
