// The ring of batch buffers: which batch of the epoch is made in which buffer, who waits for whom, and where
// buffers go when a user is done with them. Workers touch the lock only when they have to wait or finish a
// batch.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "headrace/loader.h"
#include "headrace/status.h"
#include "runtime/platform/buffer.h"

namespace headrace {

/// Where the outputs lie in a batch buffer.
struct BatchLayout {
  uint64_t samples = 0;              ///< room for so many
  std::vector<size_t> offsets;       ///< of each output's tensor, aligned to platform::Buffer::kAlignment
  std::vector<size_t> sample_bytes;  ///< of each output
  size_t bytes = 0;                  ///< of the buffer
};

/// One batch buffer and the batch in it.
struct BatchSlot {
  BatchSlot(const BatchLayout& ring_layout, platform::Buffer buffer)
      : memory(std::move(buffer)), layout(ring_layout), sample_ids(ring_layout.samples) {}

  uint8_t* output(size_t i) const { return memory.data() + layout.offsets[i]; }

  const platform::Buffer memory;
  const BatchLayout& layout;  ///< the ring's
  std::vector<uint64_t> sample_ids;
  uint64_t batch = 0;                               ///< its number in the epoch
  uint64_t samples = 0;                             ///< in this batch
  alignas(64) std::atomic<uint64_t> remaining = 0;  ///< samples not finished yet
  std::atomic<uint64_t> warnings = 0;
};

/// Shared by the loader and the batches it gave out.
class BatchRing {
 public:
  /// A user who holds batches makes the ring grow to at most so many times its size.
  static constexpr uint64_t kHoldFactor = 4;

  /// `slots` buffers, allocated when first needed.
  BatchRing(BatchLayout layout, unsigned slots);

  // --- the loader; one thread at a time ---

  /// Lets `workers` workers into an epoch of so many samples. Only after quiesce() or at the start.
  void begin(uint64_t samples, uint64_t batch_size, unsigned workers);

  /// The next batch, complete; null after the last. Errors: "loader.held", "loader.memory".
  Expected<std::unique_ptr<BatchSlot>> take();

  /// Ends the epoch: waits until every worker has left it, takes back what was not taken.
  void quiesce();

  /// Sends the workers home for good and frees the buffers nobody holds. The caller joins the workers
  /// before it lets go of the ring.
  void close();

  uint64_t consumer_wait_ns() const { return consumer_wait_ns_.load(std::memory_order_relaxed); }
  uint64_t worker_wait_ns() const { return worker_wait_ns_.load(std::memory_order_relaxed); }

  // --- workers ---

  /// Waits for an epoch after `seen` and enters it; false when there is none to come.
  bool enter_epoch(uint64_t& seen);
  void leave_epoch();

  bool stopped() const { return stop_.load(std::memory_order_relaxed); }

  /// The buffer of a batch, waiting until it has one; null if the epoch was stopped.
  BatchSlot* slot_of(uint64_t batch);

  /// One sample of the batch is finished, well or not.
  void finish_sample(BatchSlot* slot);

  // --- users of batches; any thread ---

  void give_back(std::unique_ptr<BatchSlot> slot) noexcept;

  /// Whether this process is a fork of the one that made the ring: locks may be held by threads that do
  /// not exist here, so that nothing of it may be used or destroyed.
  bool in_forked_process() const;
  int owner_process() const { return owner_process_; }

 private:
  bool obtain(uint64_t max_slots, std::unique_ptr<BatchSlot>& slot, Status& failure);
  void assign(std::unique_ptr<BatchSlot> slot);
  void assign_free_slots();
  void recycle(std::unique_ptr<BatchSlot> slot, std::unique_ptr<BatchSlot>& surplus);
  Status held_error() const;

  const BatchLayout layout_;
  const uint64_t slots_;
  const int owner_process_;

  // Written under the lock. A worker that sees assigned_ > b may read in_flight_[b % slots_], which changes
  // only after all samples of b are finished.
  alignas(64) std::atomic<uint64_t> assigned_ = 0;  // batches that have a buffer
  std::vector<std::unique_ptr<BatchSlot>> in_flight_;
  std::atomic<bool> stop_ = true;

  alignas(64) std::mutex mutex_;
  std::condition_variable workers_wake_, consumer_wake_;
  std::vector<std::unique_ptr<BatchSlot>> free_;
  uint64_t live_ = 0;  // buffers that exist, held ones included
  uint64_t taken_ = 0, batches_ = 0, samples_ = 0, batch_size_ = 1;
  uint64_t epochs_ = 0;
  unsigned running_ = 0;  // workers that have not left the epoch
  bool closed_ = false;

  std::atomic<uint64_t> consumer_wait_ns_ = 0, worker_wait_ns_ = 0;
};

}  // namespace headrace
