#include "runtime/loader/ring.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <string>
#include <utility>

#include "runtime/loader/progress.h"

namespace headrace {
namespace {

/// Adds the time of its life to a counter.
class WaitTimer {
 public:
  explicit WaitTimer(std::atomic<uint64_t>& total) : total_(total) {}
  ~WaitTimer() {
    const auto waited = std::chrono::steady_clock::now() - begin_;
    total_.fetch_add(
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(waited).count()),
        std::memory_order_relaxed);
  }
  WaitTimer(const WaitTimer&) = delete;
  WaitTimer& operator=(const WaitTimer&) = delete;

 private:
  std::atomic<uint64_t>& total_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

BatchRing::BatchRing(BatchLayout layout, const RingSize& size)
    : layout_(std::move(layout)),
      size_(size),
      slots_(size.slots),
      owner_process_(::getpid()),
      in_flight_(size.slots) {
  free_.reserve(slots_);  // giving back must not need memory
}

bool BatchRing::in_forked_process() const { return ::getpid() != owner_process_; }

Expected<std::unique_ptr<BatchSlot>> BatchRing::allocate() const {
  Expected<platform::Buffer> memory =
      platform::Buffer::allocate(layout_.bytes, {size_.huge_tlb, size_.prefault});
  if (!memory.ok())
    return Status("loader.memory", "", "a batch buffer: " + memory.status().errors().front().message);
  try {
    return std::make_unique<BatchSlot>(layout_, std::move(*memory));
  } catch (const std::bad_alloc&) {
    return Status("loader.memory", "", "out of memory for a batch buffer");
  }
}

/// A free buffer, or a new one if fewer than `max_slots` exist; false without one, with `failure` set if
/// memory was the reason.
bool BatchRing::obtain(uint64_t max_slots, std::unique_ptr<BatchSlot>& slot, Status& failure) {
  if (!free_.empty()) {
    slot = std::move(free_.back());
    free_.pop_back();
    return true;
  }
  if (live_ >= max_slots) return false;
  Expected<std::unique_ptr<BatchSlot>> allocated = allocate();
  if (!allocated.ok()) {
    failure = allocated.status();
    return false;
  }
  slot = std::move(*allocated);
  ++live_;
  return true;
}

void BatchRing::assign(std::unique_ptr<BatchSlot> slot) {
  const uint64_t batch = assigned_.load(std::memory_order_relaxed);
  slot->epoch = epoch_;
  slot->batch = batch;
  slot->samples.store(0, std::memory_order_relaxed);
  slot->warnings.store(0, std::memory_order_relaxed);
  slot->reports.clear();
  for (std::atomic<uint8_t>& rows : slot->rows_of_pair) rows.store(0, std::memory_order_relaxed);
  slot->remaining.store(layout_.rows, std::memory_order_relaxed);
  in_flight_[batch % slots_] = std::move(slot);
  assigned_.store(batch + 1, std::memory_order_release);
}

/// Gives free buffers to the batches that come next.
void BatchRing::assign_free_slots() {
  if (stop_.load(std::memory_order_relaxed)) return;
  const uint64_t end = std::min(batches_, taken_ + slots_);
  bool any = false;
  while (assigned_.load(std::memory_order_relaxed) < end && !free_.empty()) {
    std::unique_ptr<BatchSlot> slot = std::move(free_.back());
    free_.pop_back();
    assign(std::move(slot));
    any = true;
  }
  if (any) workers_wake_.notify_all();
}

/// Keeps as many free buffers as the ring has, and hands the caller the rest to be destroyed.
void BatchRing::recycle(std::unique_ptr<BatchSlot> slot, std::unique_ptr<BatchSlot>& surplus) {
  if (!closed_ && free_.size() < slots_) {
    free_.push_back(std::move(slot));
  } else {
    --live_;
    surplus = std::move(slot);
  }
}

void BatchRing::begin(uint64_t epoch, uint64_t first, uint64_t end, unsigned workers) {
  std::unique_lock lock(mutex_);
  epoch_ = epoch;
  batches_ = end;
  taken_ = first;
  assigned_.store(first, std::memory_order_relaxed);
  running_ = workers;
  ++epochs_;
  stop_.store(false, std::memory_order_relaxed);
  assign_free_slots();
  workers_wake_.notify_all();
  // Workers begin with the first buffer while the others are made. Not getting memory matters only once
  // take() has nothing to wait for, and it says so then.
  while (live_ < slots_ && first + live_ < end) {
    lock.unlock();
    Expected<std::unique_ptr<BatchSlot>> slot = allocate();
    lock.lock();
    if (!slot.ok()) return;
    ++live_;
    free_.push_back(std::move(*slot));
    assign_free_slots();
  }
}

Status BatchRing::held_error() const {
  const std::string bytes = format_bytes(static_cast<double>(size_.most * layout_.bytes));
  return {"loader.held", "",
          "all " + std::to_string(size_.most) + " batch buffers that may exist are held (" + bytes +
              "); release batches before asking for the next one, or raise ring_bytes"};
}

/// Sees to it that the batch to be taken next has a buffer. Only if there is one to be taken.
Status BatchRing::provide_next() {
  assign_free_slots();
  if (assigned_.load(std::memory_order_relaxed) != taken_) return {};
  // The user holds the whole ring: waiting for a buffer could take for ever.
  std::unique_ptr<BatchSlot> slot;
  Status failure;
  if (!obtain(size_.most, slot, failure)) return failure.ok() ? held_error() : failure;
  assign(std::move(slot));
  workers_wake_.notify_all();
  return {};
}

Expected<std::unique_ptr<BatchSlot>> BatchRing::take() {
  std::unique_lock lock(mutex_);
  if (taken_ == batches_) return std::unique_ptr<BatchSlot>();
  HR_RETURN_IF_ERROR(provide_next());
  std::unique_ptr<BatchSlot>& next = in_flight_[taken_ % slots_];
  const auto complete = [&] { return next->remaining.load(std::memory_order_acquire) == 0; };
  if (!complete()) {
    const WaitTimer timer(consumer_wait_ns_);
    consumer_wake_.wait(lock, complete);
  }
  std::unique_ptr<BatchSlot> slot = std::move(next);
  ++taken_;
  assign_free_slots();
  return slot;
}

bool BatchRing::wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  if (taken_ == batches_ || !provide_next().ok()) return true;
  const BatchSlot& next = *in_flight_[taken_ % slots_];
  const auto complete = [&] { return next.remaining.load(std::memory_order_acquire) == 0; };
  if (complete()) return true;
  const WaitTimer timer(consumer_wait_ns_);
  return consumer_wake_.wait_for(lock, timeout, complete);
}

uint64_t BatchRing::ready() {
  const std::lock_guard lock(mutex_);
  uint64_t n = 0;
  for (uint64_t b = taken_; b < assigned_.load(std::memory_order_relaxed); ++b, ++n) {
    if (in_flight_[b % slots_]->remaining.load(std::memory_order_relaxed) != 0) break;
  }
  return n;
}

void BatchRing::quiesce() {
  std::vector<std::unique_ptr<BatchSlot>> surplus(slots_);  // unmapped after the lock is gone
  std::unique_lock lock(mutex_);
  stop_.store(true, std::memory_order_relaxed);
  workers_wake_.notify_all();
  consumer_wake_.wait(lock, [&] { return running_ == 0; });
  for (uint64_t i = 0; i < slots_; ++i) {
    if (in_flight_[i]) recycle(std::move(in_flight_[i]), surplus[i]);
  }
  taken_ = batches_ = 0;
  assigned_.store(0, std::memory_order_relaxed);
}

void BatchRing::close() {
  quiesce();
  std::vector<std::unique_ptr<BatchSlot>> unused;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  live_ -= free_.size();
  unused.swap(free_);
  workers_wake_.notify_all();
}

bool BatchRing::enter_epoch(uint64_t& seen) {
  std::unique_lock lock(mutex_);
  workers_wake_.wait(lock, [&] { return closed_ || epochs_ != seen; });
  seen = epochs_;
  return !closed_;
}

void BatchRing::leave_epoch() {
  const std::lock_guard lock(mutex_);
  if (--running_ == 0) consumer_wake_.notify_all();
}

BatchSlot* BatchRing::slot_of(uint64_t batch, bool& waited) {
  if (batch >= assigned_.load(std::memory_order_acquire)) {
    waited = true;
    std::unique_lock lock(mutex_);
    workers_wake_.wait(lock, [&] {
      return stop_.load(std::memory_order_relaxed) || batch < assigned_.load(std::memory_order_relaxed);
    });
    if (batch >= assigned_.load(std::memory_order_relaxed)) return nullptr;
  }
  return in_flight_[batch % slots_].get();
}

void BatchRing::finish_row(BatchSlot* slot) {
  if (slot->remaining.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  // The lock keeps the wake-up from falling between the consumer's look and its sleep.
  const std::lock_guard lock(mutex_);
  consumer_wake_.notify_all();
}

void BatchRing::give_back(std::unique_ptr<BatchSlot> slot) noexcept {
  std::unique_ptr<BatchSlot> surplus;  // unmapped after the lock is gone
  const std::lock_guard lock(mutex_);
  recycle(std::move(slot), surplus);
  assign_free_slots();
}

}  // namespace headrace
