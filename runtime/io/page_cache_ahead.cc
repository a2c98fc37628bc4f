#include "runtime/io/page_cache_ahead.h"

#include <algorithm>
#include <new>

#include "runtime/platform/quiet_threads.h"
#include "runtime/platform/storage.h"
#include "runtime/platform/thread.h"

namespace headrace {
namespace {

using platform::Cached;
using Advice = platform::MemoryMap::Advice;

// Bytes of samples that decide whether their pages are read as a whole.
constexpr uint64_t kWindowBytes = 256u << 20;

constexpr uint64_t kMinReach = 32, kMaxReach = uint64_t{1} << 14;  // positions

// A page is in memory if so many places of it are; its neighbours came and go with them.
constexpr uint64_t kLooks = 8;
constexpr uint64_t kOneLook = 1u << 20;  // extents below this are looked at once

// After so many looks that found all in memory, only one of so many is made.
constexpr unsigned kWarm = 64, kSeldom = 16;

// So many single samples in a row make a scattered order.
constexpr unsigned kScattered = 8;

constexpr uint64_t kPopulateBytes = 8u << 20;  // a stop does not wait for more

}  // namespace

PageCacheAhead::PageCacheAhead(const MappedDataset& dataset, uint64_t ahead_bytes, uint64_t keep_bytes,
                               bool release_behind)
    : dataset_(dataset),
      ahead_bytes_(std::min(ahead_bytes, keep_bytes / 4)),
      release_behind_(release_behind),
      request_bytes_(platform::read_ahead_bytes(dataset.map().fd())),
      planner_(dataset.index(), std::min(kWindowBytes, keep_bytes / 2), keep_bytes) {}

PageCacheAhead::~PageCacheAhead() {
  stop_epoch();
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    work_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void PageCacheAhead::start_thread() {
  const platform::QuietThreads quiet;
  thread_ = std::thread([this] {
    platform::name_this_thread("hr-ahead");
    run();
  });
}

void PageCacheAhead::start_epoch(const SampleSequence& sequence, uint64_t first, uint64_t ahead) {
  stop_epoch();
  const std::lock_guard lock(mutex_);
  planner_.start(sequence, first);
  reached_ = first;
  ahead_ = ahead;
  running_ = true;
  work_.notify_all();
}

void PageCacheAhead::stop_epoch() {
  std::unique_lock lock(mutex_);
  running_ = false;
  wake_at_.store(kNever, std::memory_order_relaxed);
  idle_.wait(lock, [&] { return !busy_; });
  planner_.stop();
  pages_ahead_.clear();
  used_.clear();
  scattered_ = 0;
  if (pattern_ != Pattern::untold) tell(Pattern::untold);
}

void PageCacheAhead::wake(uint64_t position) {
  const std::lock_guard lock(mutex_);
  reached_ = std::max(reached_, position);
  wake_at_.store(kNever, std::memory_order_relaxed);  // once is enough
  work_.notify_one();
}

/// Positions that take up ahead_bytes_.
uint64_t PageCacheAhead::reach() const {
  if (seen_bytes_ == 0) return kMaxReach;
  const double positions =
      static_cast<double>(ahead_bytes_) * static_cast<double>(seen_) / static_cast<double>(seen_bytes_);
  return static_cast<uint64_t>(std::clamp(positions, double{kMinReach}, double{kMaxReach}));
}

void PageCacheAhead::run() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    if (!running_ || planner_.done()) {
      work_.wait(lock);
      continue;
    }
    const uint64_t at = planner_.position();
    if (at > reached_ + reach()) {
      // Half of the way is left for the kernel to read.
      wake_at_.store(std::max(reached_ + 1, at - reach() / 2), std::memory_order_relaxed);
      work_.wait(lock);
      continue;
    }
    busy_ = true;
    const uint64_t reached = reached_;
    lock.unlock();
    bool out_of_memory = false;
    try {
      step(reached);
    } catch (const std::bad_alloc&) {
      out_of_memory = true;
    }
    lock.lock();
    busy_ = false;
    if (out_of_memory) planner_.stop();  // the rest of the epoch is read when it is touched
    if (!running_) idle_.notify_all();
  }
}

void PageCacheAhead::step(uint64_t reached) {
  const PlannedSample planned = planner_.head();
  ++seen_;
  seen_bytes_ += planned.extent.bytes();
  if (!planned.extent.empty() && !pages_ahead_.contains(planned.page)) {
    const bool whole = planner_.wants_page();
    // The first sample of a page needs all of it, for its hash.
    if (whole || !dataset_.page_known_good(planned.page)) {
      look_at_page(planned.page, whole);
    } else {
      look_at_sample(planned);
    }
  }
  planner_.advance();
  if (planner_.uses(planned.page)) return;
  const auto page = pages_ahead_.find(planned.page);
  if (page == pages_ahead_.end()) return;
  if (release_behind_ && page->second) used_.push_back({planned.page, planned.position});
  pages_ahead_.erase(page);
  if (release_behind_) release_pages(reached - std::min(reached, ahead_));
}

void PageCacheAhead::look_at_page(uint64_t page, bool whole) {
  pages_ahead_.emplace(page, whole);
  const Extent extent = page_extent(dataset_.index(), page);
  const Cached cached = look(extent);
  if (cached == Cached::yes) return;
  scattered_ = whole ? 0 : scattered_;
  // Where memory is short, what the kernel adds to a page of huge pages and of its own accord is memory lost.
  if (whole) tell(release_behind_ ? Pattern::scattered : Pattern::pages);
  if (cached == Cached::unknown || pattern_ == Pattern::scattered) request(extent);
  if (cached == Cached::unknown) return;
  for (uint64_t at = extent.begin; at < extent.end && running_; at += kPopulateBytes) {
    if (dataset_.map().populate(at, std::min(kPopulateBytes, extent.end - at))) continue;
    request({at, extent.end});  // a kernel older than that
    return;
  }
}

void PageCacheAhead::look_at_sample(const PlannedSample& planned) {
  if (look(planned.extent) == Cached::yes) return;
  if (++scattered_ >= kScattered) tell(Pattern::scattered);
  request(planned.extent);
}

Cached PageCacheAhead::look(const Extent& extent) {
  if (warm_ >= kWarm && ++looks_ % kSeldom != 0) return Cached::yes;
  const uint64_t places = extent.bytes() < kOneLook ? 1 : kLooks;
  for (uint64_t i = 0; i < places; ++i) {
    const uint64_t at = extent.begin + extent.bytes() / places * i + extent.bytes() / places / 2;
    const Cached cached = platform::is_cached(dataset_.map().fd(), at);
    if (cached == Cached::yes) continue;
    if (cached == Cached::no) {
      warm_ = 0;
      cold_.store(true, std::memory_order_relaxed);
    }
    return cached;
  }
  warm_ = std::min(warm_ + static_cast<unsigned>(places), kWarm);
  if (warm_ >= kWarm) cold_.store(false, std::memory_order_relaxed);
  return Cached::yes;
}

void PageCacheAhead::tell(Pattern pattern) {
  if (pattern == pattern_) return;
  pattern_ = pattern;
  const platform::MemoryMap& map = dataset_.map();
  const uint64_t size = map.bytes().size();
  map.advise(0, size, pattern == Pattern::scattered ? Advice::random : Advice::normal);
  // A fault in a range for huge pages reads all of one, whatever else was said.
  map.advise(0, size, pattern == Pattern::pages ? Advice::huge_pages : Advice::no_huge_pages);
}

void PageCacheAhead::request(const Extent& extent) const {
  for (uint64_t at = extent.begin; at < extent.end; at += request_bytes_)
    dataset_.map().advise(at, std::min(request_bytes_, extent.end - at), Advice::will_need);
}

void PageCacheAhead::fetch(uint64_t sample) const {
  const uint64_t page = dataset_.index().page_of(sample);
  const Extent extent = dataset_.page_known_good(page) ? sample_extent(dataset_.index(), sample)
                                                       : page_extent(dataset_.index(), page);
  request(extent);
  (void)dataset_.map().populate(extent.begin, extent.bytes());
}

void PageCacheAhead::release_pages(uint64_t before) {
  while (!used_.empty() && used_.front().last_position < before) {
    const Extent extent = page_extent(dataset_.index(), used_.front().page);
    dataset_.map().advise(extent.begin, extent.bytes(), Advice::release);
    used_.pop_front();
  }
}

}  // namespace headrace
