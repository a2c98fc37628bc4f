#include "runtime/loader/sequence_tables.h"

#include <utility>

#include "runtime/loader/selection_samples.h"
#include "runtime/loader/sequence_key.h"

namespace headrace {
namespace {

uint64_t key_of(const SequenceTables& t) {
  SequenceKey key;
  key.add(order_name(t.order));
  key.add(tail_name(t.tail));
  key.add(t.size.global_batch);
  key.add(t.size.used);
  if (t.list) {
    key.add("list");
    key.add(t.list->bytes());
  }
  if (t.weights) t.weights->add_to(key);
  if (t.pages) {
    // A fingerprint does not cover pages.
    key.add("pages");
    key.add(t.window_bytes);
    for (uint64_t p = 0; p < t.pages->pages(); ++p) {
      key.add(t.pages->count(p));
      key.add(t.pages->bytes(p));
    }
  }
  return key.value();
}

}  // namespace

Expected<std::shared_ptr<const SequenceTables>> SequenceTables::create(const Dataset& dataset,
                                                                       const LoaderOptions& options) {
  auto tables = std::make_shared<SequenceTables>();
  SequenceTables& t = *tables;
  t.order = options.order;
  t.tail = options.tail;
  t.seed = options.seed;
  t.window_bytes = options.window_bytes;
  HR_ASSIGN_OR_RETURN(t.list, select_samples(dataset, options.selection, t.order == Order::sequential));
  t.selected = t.list ? t.list->size() : dataset.size();
  const SampleList* const list = t.list ? &*t.list : nullptr;
  if (t.selected != 0) {
    HR_ASSIGN_OR_RETURN(t.weights, make_weights(dataset, options, list));
  }
  const uint64_t draws = t.weights && options.selection.draws != 0 ? options.selection.draws : t.selected;
  const SequenceSource source = t.weights ? SequenceSource::draws
                                : t.list  ? SequenceSource::selection
                                          : SequenceSource::dataset;
  HR_ASSIGN_OR_RETURN(t.size, size_sequence(dataset, options, draws, source));
  if (t.order == Order::quasi_random) t.pages.emplace(dataset, list);
  t.key = key_of(t);
  return std::shared_ptr<const SequenceTables>(std::move(tables));
}

}  // namespace headrace
