// Sampling with replacement: which of the selected samples a draw takes.
#pragma once

#include <memory>
#include <optional>

#include "headrace/dataset.h"
#include "headrace/loader.h"
#include "headrace/status.h"
#include "runtime/loader/selection_list.h"
#include "runtime/loader/sequence_key.h"

namespace headrace {

/// Immutable; any thread.
class SampleWeights {
 public:
  virtual ~SampleWeights() = default;

  /// Number among the selected samples, for two independent, uniform 64-bit numbers. Constant time.
  virtual uint64_t draw(uint64_t first, uint64_t second) const = 0;

  /// Adds all that draws depend on.
  virtual void add_to(SequenceKey& key) const = 0;
};

/// The weights that a selection asks for; null if it asks for none. `list`: the selected samples, at least
/// one; null: all samples. Reads their metadata if the weights are in a field. Errors: "loader.weights", the
/// dataset's own.
Expected<std::unique_ptr<const SampleWeights>> make_weights(const Dataset& dataset,
                                                            const LoaderOptions& options,
                                                            const SampleList* list);

}  // namespace headrace
