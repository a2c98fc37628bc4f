#include "runtime/loader/sequence_size.h"

#include <string>

namespace headrace {
namespace {

constexpr uint64_t kMaxWorldSize = 1u << 20;
// Far above any batch; keeps positions far from overflow.
constexpr uint64_t kMaxGlobalBatch = uint64_t{1} << 40;

std::string number(uint64_t n) { return std::to_string(n); }
std::string samples(uint64_t n) { return number(n) + (n == 1 ? " sample" : " samples"); }

Status check_ranks(const Dataset& dataset, const LoaderOptions& o) {
  if (o.world_size == 0 || o.world_size > kMaxWorldSize) {
    return {"loader.rank", dataset.path(),
            "the world size is " + number(o.world_size) + "; expected 1 to " + number(kMaxWorldSize)};
  }
  if (o.rank >= o.world_size) {
    return {"loader.rank", dataset.path(),
            "rank " + number(o.rank) + " does not exist in a world of size " + number(o.world_size) +
                "; ranks count from 0"};
  }
  return {};
}

std::string available_text(uint64_t available, uint64_t used, SequenceSource source) {
  if (used < available) return "the limit of " + samples(used);
  switch (source) {
    case SequenceSource::dataset:
      return "the dataset's " + samples(available);
    case SequenceSource::selection:
      return "the " + samples(available) + " selected";
    case SequenceSource::draws:
      return "the " + number(available) + (available == 1 ? " draw" : " draws") + " of an epoch";
  }
  return "";
}

Status too_large(const Dataset& dataset, const LoaderOptions& o, const SequenceSize& size, uint64_t available,
                 SequenceSource source) {
  const std::string batch = o.world_size == 1 ? "batch size " + number(o.batch_size)
                                              : "a global batch of " + number(o.world_size) + " x " +
                                                    number(o.batch_size) + " samples";
  const uint64_t possible = size.used / o.world_size;
  return {"loader.batch_size", dataset.path(),
          batch + " is larger than " + available_text(available, size.used, source) +
              ", and the tail policy \"drop\" leaves out the only, partial batch: use " +
              (possible == 0 ? "fewer ranks" : "a batch size of at most " + number(possible)) +
              ", or the policy \"pad\" or \"wrap\""};
}

}  // namespace

Expected<SequenceSize> size_sequence(const Dataset& dataset, const LoaderOptions& o, uint64_t available,
                                     SequenceSource source) {
  Status status = check_ranks(dataset, o);
  if (o.batch_size == 0) {
    status.add("loader.batch_size", dataset.path(), "the batch size must be at least 1");
  } else if (status.ok() && o.batch_size > kMaxGlobalBatch / o.world_size) {
    status.add("loader.batch_size", dataset.path(),
               "a global batch of " + number(o.world_size) + " x " + number(o.batch_size) +
                   " samples is larger than any memory");
  }
  if (available == 0) {
    if (source == SequenceSource::dataset) {
      status.add("loader.empty", dataset.path(), "the dataset has no samples");
    } else {
      status.add("loader.selection", dataset.path(),
                 "none of the dataset's " + samples(dataset.size()) + " is selected");
    }
  }
  if (!status.ok()) return status;

  SequenceSize size;
  size.global_batch = o.batch_size * o.world_size;
  size.used = o.limit != 0 && o.limit < available ? o.limit : available;
  uint64_t batches = size.used / size.global_batch;
  if (o.tail == Tail::drop) {
    if (batches == 0) return too_large(dataset, o, size, available, source);
  } else {
    batches += size.used % size.global_batch != 0;
  }
  size.positions = batches * size.global_batch;
  return size;
}

}  // namespace headrace
