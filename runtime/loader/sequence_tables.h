// What all epochs of a sequence share: computed once, then only read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "headrace/dataset.h"
#include "headrace/loader.h"
#include "headrace/status.h"
#include "runtime/loader/order.h"
#include "runtime/loader/selection_list.h"
#include "runtime/loader/sequence_size.h"
#include "runtime/loader/weights.h"

namespace headrace {

struct SequenceTables {
  /// Errors: those of SequencePlan::create(). May throw std::bad_alloc.
  static Expected<std::shared_ptr<const SequenceTables>> create(const Dataset& dataset,
                                                                const LoaderOptions& options);

  Order order = Order::random;
  Tail tail = Tail::drop;
  uint64_t seed = 0;
  uint64_t window_bytes = 0;
  uint64_t selected = 0;                         ///< samples
  std::optional<SampleList> list;                ///< which; nothing: all
  std::unique_ptr<const SampleWeights> weights;  ///< null: each once
  std::optional<PageLists> pages;                ///< Order::quasi_random only
  SequenceSize size;
  uint64_t key = 0;  ///< SequencePlan::key()

  /// The sample that is `number` among the selected ones.
  uint64_t sample(uint64_t number) const { return list ? (*list)[number] : number; }
};

}  // namespace headrace
