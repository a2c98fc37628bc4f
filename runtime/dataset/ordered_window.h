// Work done by many threads, handed over in order: producers claim positions 0, 1, 2, ..., one consumer
// takes the results in that order. A window and a byte budget bound what is in flight.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace headrace {

template <class T>
class OrderedWindow {
 public:
  /// Positions 0 .. count - 1; at most `window` of them, with at most `budget` bytes reserved, are in flight.
  OrderedWindow(uint64_t count, uint64_t window, uint64_t budget)
      : count_(count), budget_(budget), slots_(window == 0 ? 1 : window) {}

  /// The next position for a producer; none when all are given out or after stop(). Waits for the window.
  std::optional<uint64_t> claim() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return stopped_ || next_ >= count_ || next_ < taken_ + slots_.size(); });
    if (stopped_ || next_ >= count_) return std::nullopt;
    return next_++;
  }

  /// Waits until `bytes` more may be held for a claimed position; they are given back when its result is
  /// released. The position whose turn it is never waits, so the consumer always gets on. False after stop().
  bool reserve(uint64_t position, uint64_t bytes) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] {
      return stopped_ || position == taken_ || (reserved_ <= budget_ && bytes <= budget_ - reserved_);
    });
    if (stopped_) return false;
    reserved_ += bytes;
    slots_[position % slots_.size()].bytes += bytes;
    return true;
  }

  void put(uint64_t position, T result) {
    {
      const std::lock_guard lock(mutex_);
      slots_[position % slots_.size()].result = std::move(result);
    }
    ready_.notify_one();
  }

  /// The next result in order, waiting for it; none after the last. Call release() when done with it.
  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    if (taken_ >= count_) return std::nullopt;
    Slot& slot = slots_[taken_ % slots_.size()];
    ready_.wait(lock, [&] { return slot.result.has_value(); });
    std::optional<T> result = std::move(slot.result);
    slot.result.reset();
    return result;
  }

  /// Frees the place and the bytes of the result taken last.
  void release() {
    {
      const std::lock_guard lock(mutex_);
      Slot& slot = slots_[taken_ % slots_.size()];
      reserved_ -= slot.bytes;
      slot.bytes = 0;
      ++taken_;
    }
    room_.notify_all();
  }

  /// Ends claim() and reserve() for everyone.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    room_.notify_all();
  }

 private:
  struct Slot {
    std::optional<T> result;
    uint64_t bytes = 0;
  };

  const uint64_t count_, budget_;
  std::mutex mutex_;
  std::condition_variable room_, ready_;
  std::vector<Slot> slots_;
  uint64_t next_ = 0, taken_ = 0, reserved_ = 0;
  bool stopped_ = false;
};

}  // namespace headrace
