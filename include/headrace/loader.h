// The loader: worker threads run a program over a dataset's samples into a ring of batch buffers.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/io.h"
#include "headrace/limits.h"
#include "headrace/loader_state.h"
#include "headrace/program.h"
#include "headrace/selection.h"
#include "headrace/status.h"

namespace headrace {

enum class Order : uint8_t { sequential, random, quasi_random };

Expected<Order> parse_order(std::string_view name);
std::string_view order_name(Order order);

/// What becomes of the samples that do not fill a global batch.
enum class Tail : uint8_t {
  drop,  ///< they are left out
  pad,   ///< the batch is filled up with rows of zeros, which its mask tells apart
  wrap   ///< the batch is filled up from the start of the epoch
};

Expected<Tail> parse_tail(std::string_view name);
std::string_view tail_name(Tail tail);

/// What becomes of a sample that cannot be made.
enum class OnError : uint8_t {
  raise,      ///< next() returns its error
  skip,       ///< another sample takes its place: a pure function of seed, epoch and position
  substitute  ///< its row is zeros, and 0 in the mask
};

Expected<OnError> parse_on_error(std::string_view name);
std::string_view on_error_name(OnError policy);

struct LoaderOptions {
  uint64_t batch_size = 256;  ///< rows of this rank's batches; the global batch has world_size times as many
  unsigned threads = 0;       ///< 0: from CPU affinity and cgroup quota, divided by LOCAL_WORLD_SIZE
  uint64_t seed = 0;
  Order order = Order::random;
  Tail tail = Tail::drop;
  uint64_t rank = 0, world_size = 1;  ///< this loader's share: row i of its batch is row i * world_size +
                                      ///< rank of the global batch
  unsigned ring_slots = 0;  ///< batch buffers; 0: 3, or 2 where three take over 192 MiB; at most 1024
  uint64_t ring_bytes = 0;  ///< memory for buffers, those held by the caller included; 0: 4 times the ring
  uint64_t window_bytes = 64u << 20;  ///< quasi_random: samples are mixed within this much data
  uint64_t limit = 0;                 ///< only the first `limit` positions of each epoch; 0: all
  Selection selection;
  OnError on_error = OnError::raise;
  IoOptions io;
  DecodeLimits limits;
  bool pin_threads = false;  ///< each worker to a CPU of its own, its memory first touched there
  bool trace = false;        ///< keep a trace of what each thread did, for write_trace()
};

struct BatchSlot;

/// A finished batch. Move-only; the buffer goes back to the ring on destruction, which may happen on any
/// thread and after the Loader is gone. The accessors need a batch that is not empty.
class Batch {
 public:
  Batch() = default;
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;
  ~Batch();

  explicit operator bool() const { return slot_ != nullptr; }
  uint64_t epoch() const;
  uint64_t index() const;    ///< number of the global batch within the epoch
  uint64_t rows() const;     ///< of each tensor: batch_size
  uint64_t samples() const;  ///< rows that are not padding, which comes last (Tail::pad only)

  /// rows() bytes: 1 where the row is a sample's data, 0 where it is zeros (padding, or OnError::substitute).
  std::span<const uint8_t> mask() const;

  /// Start of an output's tensor: shape [rows(), ...ProgramOutput::shape], samples contiguous.
  const uint8_t* output(size_t i) const;
  uint8_t* output(size_t i);

  /// Dataset indices of the first samples() rows. With OnError::skip, those of the samples that took the
  /// places.
  std::span<const uint64_t> sample_ids() const;

 private:
  friend class LoaderImpl;
  std::shared_ptr<void> owner_;  // the ring, which takes the slot back
  BatchSlot* slot_ = nullptr;
};

/// Totals since the loader was created. Times are summed over threads.
struct LoaderStats {
  uint64_t samples = 0, batches = 0;  ///< delivered by next()
  uint64_t decode_warnings = 0;       ///< tolerated oddities in the delivered samples' images
  uint64_t failed_samples = 0;        ///< skipped or substituted
  uint64_t consumer_wait_ns = 0;      ///< next() waited for a batch: the workers are the bottleneck
  uint64_t worker_wait_ns = 0;        ///< workers waited for a free buffer: the caller is
  uint64_t io_wait_ns = 0;            ///< workers waited for data from the file
  uint64_t entropy_ns = 0;            ///< entropy decoding and libjpeg-turbo, inside the pipeline's code
  uint64_t code_ns = 0;               ///< the rest of the pipeline's code
  uint64_t overhead_ns = 0;           ///< everything else workers did for samples
  IoStats io;
};

/// A sample that could not be made, and what was done about it (OnError::skip and substitute).
struct SampleReport {
  uint64_t epoch = 0, global_batch = 0, row = 0;  ///< row of the global batch
  uint64_t sample = 0;
  std::string key;
  Diagnostic error;
  bool replaced = false;  ///< by `substitute`; else its row is zeros
  uint64_t substitute = 0;
};

/// One thread at a time calls start_epoch(), next(), wait(), state(), resume() and take_reports(). A process
/// made by fork() cannot use its parent's loaders: the calls fail there with "loader.fork".
class Loader {
 public:
  /// Checks the options against dataset and program, and starts the workers. Errors: "loader.field" (a field
  /// the program reads is missing or of another kind), "loader.batch_size", "loader.threads", "loader.rank",
  /// "loader.ring_slots", "loader.empty", "loader.program", "loader.memory", "loader.selection",
  /// "loader.weights", and those of IoOptions.
  static Expected<std::unique_ptr<Loader>> create(std::shared_ptr<const Dataset> dataset,
                                                  std::shared_ptr<const Program> program,
                                                  const LoaderOptions& options);
  virtual ~Loader() = default;  ///< stops and joins the workers; batches still held stay valid

  virtual uint64_t batches_per_epoch() const = 0;
  virtual uint64_t samples_per_epoch()
      const = 0;  ///< of all ranks; rows of padding and wrapped ones not counted
  virtual unsigned threads() const = 0;

  /// Begins an epoch; whatever was left of the one before is dropped. After resume(), the epoch of the state
  /// begins where the state stood.
  virtual Status start_epoch(uint64_t epoch) = 0;

  /// The epoch's next batch, in order; an empty Batch after the last. With OnError::raise, a sample that
  /// fails raises here once, naming file, sample, key and cause, and ends the epoch; of several, the first in
  /// the epoch's order. A caller that holds many batches makes the loader allocate more buffers, up to
  /// ring_bytes; beyond that next() fails with "loader.held", and works again once batches are released.
  virtual Expected<Batch> next() = 0;

  /// Waits, for at most `timeout`, until next() would not have to; whether that is so. For callers that have
  /// other things to look after, such as signals.
  virtual bool wait(std::chrono::milliseconds timeout) = 0;

  /// Where the run stands after the batches that next() has delivered.
  virtual LoaderState state() const = 0;

  /// Makes the next start_epoch(state.epoch) go on from a state of this dataset, pipeline and order, saved
  /// with any world size. Takes the same time wherever that is. Errors: "state.*", all differences at once,
  /// and "state.position" (not at the start of one of this loader's global batches).
  virtual Status resume(const LoaderState& state) = 0;

  /// Samples that failed since the last call, in the order of the epoch, of delivered batches.
  virtual std::vector<SampleReport> take_reports() = 0;

  virtual LoaderStats stats() const = 0;

  /// What each thread did and when, as a file for trace viewers (Perfetto, chrome://tracing), of as much of
  /// the end of the run as LoaderOptions::trace keeps. Errors: "loader.trace" (no trace is kept), "data.io",
  /// "loader.memory".
  virtual Status write_trace(const std::string& path) const = 0;
};

/// Choices that work but are rarely meant, as messages for people: sequential order over samples sorted by
/// label. Reads the metadata of at most about a million samples.
std::vector<std::string> loader_warnings(const Dataset& dataset, const LoaderOptions& options);

}  // namespace headrace
