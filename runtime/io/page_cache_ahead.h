// A thread that has the kernel read the samples to come into the page cache, where they are not in it yet.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "runtime/dataset/mapped_dataset.h"
#include "runtime/io/read_planner.h"
#include "runtime/platform/data_file.h"

namespace headrace {

/// Costs next to nothing where all is in memory already: then it only looks now and then. Thread-safe.
class PageCacheAhead {
 public:
  /// `keep_bytes`: of the file that stay in memory once they are read, about.
  PageCacheAhead(const MappedDataset& dataset, uint64_t ahead_bytes, uint64_t keep_bytes,
                 bool release_behind);
  ~PageCacheAhead();
  PageCacheAhead(const PageCacheAhead&) = delete;
  PageCacheAhead& operator=(const PageCacheAhead&) = delete;

  /// Throws std::system_error where the thread cannot be started.
  void start_thread();

  void start_epoch(const SampleSequence& sequence, uint64_t first, uint64_t ahead);
  void stop_epoch();

  /// A worker has come to `position`.
  void reached(uint64_t position) {
    if (position >= wake_at_.load(std::memory_order_relaxed)) wake(position);
  }

  /// Whether the device has had to be read lately: workers had better wait for what they need, so that the
  /// time is seen, than run into it.
  bool cold() const { return cold_.load(std::memory_order_relaxed); }

  /// Waits until a sample, and its page if that has to be checked, is in memory.
  void fetch(uint64_t sample) const;

 private:
  static constexpr uint64_t kNever = UINT64_MAX;

  /// What the kernel was told of the mapping.
  enum class Pattern : uint8_t { untold, pages, scattered };

  struct UsedPage {
    uint64_t page = 0, last_position = 0;
  };

  void run();
  void wake(uint64_t position);
  uint64_t reach() const;
  void step(uint64_t reached);
  void look_at_page(uint64_t page, bool whole);
  void look_at_sample(const PlannedSample& planned);
  platform::Cached look(const Extent& extent);
  void tell(Pattern pattern);
  void request(const Extent& extent) const;
  void release_pages(uint64_t before);

  const MappedDataset& dataset_;
  const uint64_t ahead_bytes_;
  const bool release_behind_;
  const uint64_t request_bytes_;  // the kernel reads at most so much for one request

  std::atomic<bool> cold_ = false;
  std::atomic<uint64_t> wake_at_ = kNever;

  std::mutex mutex_;
  std::condition_variable work_, idle_;
  std::atomic<bool> running_ = false;  // changes under the lock only
  bool closed_ = false, busy_ = false;
  uint64_t reached_ = 0, ahead_ = 0;

  // Of the thread, or of nobody while it is not busy.
  ReadPlanner planner_;
  std::unordered_map<uint64_t, bool> pages_ahead_;  // seen to, with samples to come; whether used as a whole
  std::deque<UsedPage> used_;                       // behind, in the order of their last samples
  Pattern pattern_ = Pattern::untold;
  unsigned scattered_ = 0;         // reads of single samples in a row
  unsigned warm_ = 0, looks_ = 0;  // looks in a row that found all in memory; looks left out since
  uint64_t seen_ = 0, seen_bytes_ = 0;
  std::thread thread_;
};

}  // namespace headrace
