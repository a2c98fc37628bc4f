// The loader: worker threads run a program over a dataset's samples into a ring of batch buffers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/program.h"
#include "headrace/status.h"

namespace headrace {

enum class Order : uint8_t { sequential, random, quasi_random };

Expected<Order> parse_order(std::string_view name);
std::string_view order_name(Order order);

struct LoaderOptions {
  uint64_t batch_size = 256;
  unsigned threads = 0;  ///< 0: from CPU affinity and cgroup quota, divided by LOCAL_WORLD_SIZE
  uint64_t seed = 0;
  Order order = Order::random;
  bool drop_last = true;
  unsigned ring_slots = 0;             ///< batch buffers; 0: 3, or 2 where three take over 256 MiB; at most 1024
  uint64_t window_bytes = 64u << 20;   ///< quasi_random: samples are mixed within this much data
  uint64_t limit = 0;                  ///< only the first `limit` positions of each epoch; 0: all
};

struct BatchSlot;

/// Size and content of a finished batch. Move-only; the buffer goes back to the ring on destruction, which may
/// happen on any thread and after the Loader is gone. The accessors need a batch that is not empty.
class Batch {
 public:
  Batch() = default;
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;
  ~Batch();

  explicit operator bool() const { return slot_ != nullptr; }
  uint64_t index() const;    ///< batch number within the epoch
  uint64_t samples() const;  ///< samples in it (less than batch_size only for a last, partial batch)

  /// Start of an output's tensor: shape [samples(), ...ProgramOutput::shape], samples contiguous.
  const uint8_t* output(size_t i) const;
  uint8_t* output(size_t i);

  /// Dataset indices of the samples, in batch order.
  std::span<const uint64_t> sample_ids() const;

 private:
  friend class LoaderImpl;
  std::shared_ptr<void> owner_;  // the ring, which takes the slot back
  BatchSlot* slot_ = nullptr;
};

/// Totals since the loader was created.
struct LoaderStats {
  uint64_t samples = 0, batches = 0;  ///< delivered by next()
  uint64_t decode_warnings = 0;       ///< tolerated oddities in the delivered samples' images
  uint64_t consumer_wait_ns = 0;      ///< time next() waited for a batch: the workers are the bottleneck
  uint64_t worker_wait_ns = 0;        ///< time workers waited, summed, for a free buffer: the caller is
};

/// One thread at a time calls start_epoch() and next(). A process made by fork() cannot use its parent's
/// loaders: both calls fail there with "loader.fork".
class Loader {
 public:
  /// Checks the options against dataset and program, and starts the workers. Errors: "loader.field" (a field
  /// the program reads is missing or of another kind), "loader.batch_size", "loader.threads",
  /// "loader.ring_slots", "loader.empty", "loader.program", "loader.memory".
  static Expected<std::unique_ptr<Loader>> create(std::shared_ptr<const Dataset> dataset,
                                                  std::shared_ptr<const Program> program,
                                                  const LoaderOptions& options);
  virtual ~Loader() = default;  ///< stops and joins the workers; batches still held stay valid

  virtual uint64_t batches_per_epoch() const = 0;
  virtual uint64_t samples_per_epoch() const = 0;
  virtual unsigned threads() const = 0;

  /// Begins an epoch; whatever was left of the one before is dropped.
  virtual Status start_epoch(uint64_t epoch) = 0;

  /// The epoch's next batch, in order; an empty Batch after the last. A sample that fails raises here
  /// once, naming file, sample, key and cause, and ends the epoch; of several, the first in the epoch's
  /// order. A caller that holds many batches makes the loader allocate more buffers, up to 4 times the
  /// ring; beyond that next() fails with "loader.held", and works again once batches are released.
  virtual Expected<Batch> next() = 0;

  virtual LoaderStats stats() const = 0;
};

/// Choices that work but are rarely meant, as messages for people: sequential order over samples sorted by
/// label. Reads the metadata of at most about a million samples.
std::vector<std::string> loader_warnings(const Dataset& dataset, const LoaderOptions& options);

}  // namespace headrace
