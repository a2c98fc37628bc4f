// The ring of batch buffers: which batch of the epoch is made in which buffer, who waits for whom, and where
// buffers go when a user is done with them. Workers touch the lock only when they have to wait or finish a
// batch.
#pragma once

#include <atomic>
#include <chrono>
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
  uint64_t rows = 0;                 ///< of each tensor
  bool mixes = false;                ///< pairs of rows are mixed when both are there
  std::vector<size_t> offsets;       ///< of each output's tensor, aligned to platform::Buffer::kAlignment
  std::vector<size_t> sample_bytes;  ///< of each output
  size_t bytes = 0;                  ///< of the buffer
};

/// One batch buffer and the batch in it.
struct BatchSlot {
  BatchSlot(const BatchLayout& ring_layout, platform::Buffer buffer)
      : memory(std::move(buffer)),
        layout(ring_layout),
        sample_ids(ring_layout.rows),
        mask(ring_layout.rows),
        rows_of_pair(ring_layout.mixes ? ring_layout.rows / 2 : 0) {
    for (size_t i = 0; i < layout.offsets.size(); ++i) outputs.push_back(output(i));
  }

  uint8_t* output(size_t i) const { return memory.data() + layout.offsets[i]; }

  const platform::Buffer memory;
  const BatchLayout& layout;  ///< the ring's
  std::vector<uint64_t> sample_ids;
  std::vector<uint8_t> mask;
  std::vector<uint8_t*> outputs;  ///< row 0 of each
  std::vector<std::atomic<uint8_t>>
      rows_of_pair;  ///< how many rows of each pair are there, if they are mixed
  uint64_t epoch = 0;
  uint64_t batch = 0;                               ///< its number in the epoch
  alignas(64) std::atomic<uint64_t> remaining = 0;  ///< rows not finished yet
  std::atomic<uint64_t> warnings = 0;
  std::atomic<uint64_t> samples = 0;  ///< rows finished that are not padding
  std::mutex reports_mutex;
  std::vector<SampleReport> reports;
};

/// How many buffers a ring may have.
struct RingSize {
  uint64_t slots = 1;  ///< that are made ahead
  uint64_t most = 1;   ///< that may exist, those held by the user included; >= slots
  bool huge_tlb = false;
  bool prefault = true;  ///< before workers see them
};

/// Shared by the loader and the batches it gave out.
class BatchRing {
 public:
  BatchRing(BatchLayout layout, const RingSize& size);

  // --- the loader; one thread at a time ---

  /// Lets `workers` workers into batches first <= b < end of an epoch, and allocates the buffers there are
  /// not yet. Only after quiesce() or at the start.
  void begin(uint64_t epoch, uint64_t first, uint64_t end, unsigned workers);

  /// The next batch, complete; null after the last. Errors: "loader.held", "loader.memory".
  Expected<std::unique_ptr<BatchSlot>> take();

  /// Waits for at most `timeout` until take() would not wait; whether that is so.
  bool wait(std::chrono::milliseconds timeout);

  /// Ends the epoch: waits until every worker has left it, takes back what was not taken.
  void quiesce();

  /// Sends the workers home for good and frees the buffers nobody holds. The caller joins the workers
  /// before it lets go of the ring.
  void close();

  uint64_t consumer_wait_ns() const { return consumer_wait_ns_.load(std::memory_order_relaxed); }

  /// Batches that are complete and not taken yet, as far as those before them are.
  uint64_t ready();

  // --- workers ---

  /// Waits for an epoch after `seen` and enters it; false when there is none to come.
  bool enter_epoch(uint64_t& seen);
  void leave_epoch();

  bool stopped() const { return stop_.load(std::memory_order_relaxed); }

  /// The buffer of a batch, waiting until it has one; null if the epoch was stopped.
  BatchSlot* slot_of(uint64_t batch, bool& waited);

  /// One row of the batch is finished, well or not.
  void finish_row(BatchSlot* slot);

  // --- users of batches; any thread ---

  void give_back(std::unique_ptr<BatchSlot> slot) noexcept;

  /// Whether this process is a fork of the one that made the ring: locks may be held by threads that do
  /// not exist here, so that nothing of it may be used or destroyed.
  bool in_forked_process() const;
  int owner_process() const { return owner_process_; }

 private:
  Expected<std::unique_ptr<BatchSlot>> allocate() const;
  bool obtain(uint64_t max_slots, std::unique_ptr<BatchSlot>& slot, Status& failure);
  void assign(std::unique_ptr<BatchSlot> slot);
  void assign_free_slots();
  Status provide_next();
  void recycle(std::unique_ptr<BatchSlot> slot, std::unique_ptr<BatchSlot>& surplus);
  Status held_error() const;

  const BatchLayout layout_;
  const RingSize size_;
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
  uint64_t live_ = 0;                 // buffers that exist, held ones included
  uint64_t taken_ = 0, batches_ = 0;  // of the epoch: the next to be taken, and the end
  uint64_t epoch_ = 0;
  uint64_t epochs_ = 0;
  unsigned running_ = 0;  // workers that have not left the epoch
  bool closed_ = false;

  std::atomic<uint64_t> consumer_wait_ns_ = 0;
};

}  // namespace headrace
