#include "runtime/io/read_ahead.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "runtime/platform/quiet_threads.h"
#include "runtime/platform/thread.h"

namespace headrace {
namespace {

// Positions planned ahead of the furthest one asked for. Bounds the bookkeeping where samples are tiny.
constexpr uint64_t kMaxPlanned = uint64_t{1} << 16;

constexpr uint64_t kMaxAhead = uint64_t{1} << 40;  // so that sums do not overflow

}  // namespace

ReadAhead::ReadAhead(const MappedDataset& dataset, const PageReader& reader, Arena arena)
    : dataset_(dataset),
      reader_(reader),
      arena_(std::move(arena)),
      // Half of the arena for the samples looked at; the other half is for the parts of their pages that are
      // not used, and for what workers still have.
      planner_(dataset.index(), arena_.size() / 2, arena_.size()) {}

ReadAhead::~ReadAhead() {
  stop_epoch();
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    work_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

void ReadAhead::start_threads(unsigned threads) {
  const platform::QuietThreads quiet;
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this, i] {
      platform::name_this_thread("hr-read-" + std::to_string(i));
      run();
    });
  }
}

void ReadAhead::start_epoch(const SampleSequence& sequence, uint64_t first, uint64_t ahead) {
  stop_epoch();
  const std::lock_guard lock(mutex_);
  planner_.start(sequence, first);
  first_entry_ = furthest_ = first;
  ahead_ = std::min(ahead, kMaxAhead);
  no_memory_ = too_far_ = false;
  running_ = true;
  work_.notify_all();
}

void ReadAhead::stop_epoch() {
  std::unique_lock lock(mutex_);
  running_ = false;
  ready_.notify_all();
  idle_.wait(lock, [&] { return reading_ == 0; });
  planner_.stop();
  for (Entry& entry : entries_) drop_entry(entry);
  entries_.clear();
  asked_early_.clear();
  // Pages that workers still have go when they give them back.
  const auto live = std::exchange(live_pages_, {});
  for (const auto& [page, unit] : live) free_if_unused(unit);
}

void ReadAhead::run() {
  PageReader::Scratch scratch;
  std::unique_lock lock(mutex_);
  while (!closed_) {
    ReadUnit* unit = nullptr;
    try {
      if (running_) unit = plan_next();
    } catch (const std::bad_alloc&) {
      planner_.stop();  // workers read the rest for themselves
      ready_.notify_all();
    }
    if (unit == nullptr) {
      work_.wait(lock);
      continue;
    }
    ++reading_;
    work_.notify_one();  // there may be more to read
    lock.unlock();
    ReadFailure failure = unit->whole_page
                              ? reader_.read_page(unit->page, unit->memory)
                              : reader_.read_part(unit->page, unit->extent, unit->memory, scratch);
    lock.lock();
    finish(*unit, std::move(failure));
    if (--reading_ == 0 && !running_) idle_.notify_all();
  }
}

void ReadAhead::push_entries_to(uint64_t position) {
  while (planned_end() < position) entries_.emplace_back();
}

/// Plans positions until one needs something to be read, and returns that.
ReadUnit* ReadAhead::plan_next() {
  ReadUnit* started = nullptr;
  while (started == nullptr && !planner_.done()) {
    const PlannedSample& planned = planner_.head();
    if (planned.position > furthest_ + ahead_ + kMaxPlanned) {
      too_far_ = true;
      break;
    }
    push_entries_to(planned.position);
    Entry entry = {nullptr, planned.sample, asked_early_.erase(planned.position) != 0};
    if (planned.position + ahead_ < furthest_) entry.asked = true;  // nobody will any more
    if (!planned.extent.empty() && !entry.asked) {
      const auto live = live_pages_.find(planned.page);
      entry.unit = live != live_pages_.end() ? live->second : started = start_unit(planned);
      if (entry.unit == nullptr && no_memory_) break;
      if (entry.unit != nullptr) ++entry.unit->pending;
    }
    entries_.push_back(entry);
    const uint64_t page = planned.page;
    planner_.advance();
    // The last sample of a page may have been planned after workers were done with it.
    if (const auto live = live_pages_.find(page); live != live_pages_.end()) free_if_unused(live->second);
  }
  // Callers that wait for positions behind the planned ones look again.
  if (waiting_ != 0) ready_.notify_all();
  return started;
}

/// Null with no_memory_ set if it does not fit now, without if it never will.
ReadUnit* ReadAhead::start_unit(const PlannedSample& planned) {
  no_memory_ = false;
  const bool whole = planner_.wants_page();
  const Extent extent = whole ? page_extent(dataset_.index(), planned.page) : planned.extent;
  const uint64_t bytes = reader_.memory_for(extent);
  if (bytes > arena_.size()) return nullptr;
  auto made = std::make_unique<ReadUnit>();
  made->page = planned.page;
  made->extent = extent;
  made->whole_page = whole;
  made->memory_bytes = bytes;
  made->memory = arena_.take(bytes, reader_.alignment());
  no_memory_ = made->memory == nullptr;
  if (no_memory_) return nullptr;
  ReadUnit* const unit = made.get();
  units_.emplace(unit, std::move(made));
  if (whole) live_pages_.emplace(planned.page, unit);
  return unit;
}

void ReadAhead::finish(ReadUnit& unit, ReadFailure failure) {
  unit.state = failure.ok() ? ReadUnit::State::ready : ReadUnit::State::failed;
  unit.failure = std::move(failure);
  free_if_unused(&unit);
  ready_.notify_all();
}

void ReadAhead::wake_planners() {
  if (!no_memory_ && !too_far_) return;
  no_memory_ = too_far_ = false;
  work_.notify_one();
}

void ReadAhead::free_if_unused(ReadUnit* unit) {
  if (unit->state == ReadUnit::State::reading || unit->users != 0 || unit->pending != 0) return;
  if (unit->whole_page) {
    const auto live = live_pages_.find(unit->page);
    if (live != live_pages_.end() && live->second == unit) {
      if (planner_.uses(unit->page)) return;
      live_pages_.erase(live);
    }
  }
  arena_.give_back(unit->memory, unit->memory_bytes);
  units_.erase(unit);
  wake_planners();
}

void ReadAhead::drop_entry(Entry& entry) {
  if (ReadUnit* const unit = std::exchange(entry.unit, nullptr)) {
    --unit->pending;
    free_if_unused(unit);
  }
}

/// The caller has come to `position`: what lies too far behind is not going to be asked for.
void ReadAhead::pass_to(uint64_t position) {
  if (position <= furthest_) return;
  furthest_ = position;
  while (!entries_.empty() && first_entry_ + ahead_ < furthest_) {
    drop_entry(entries_.front());
    entries_.pop_front();
    ++first_entry_;
  }
  // Not for every single position.
  if (too_far_ && planner_.position() < furthest_ + ahead_ + kMaxPlanned / 2) wake_planners();
}

ReadAhead::Taken ReadAhead::take(uint64_t position, uint64_t sample) {
  std::unique_lock lock(mutex_);
  if (position == IoEngine::kNoPosition) return {};
  Taken taken;
  pass_to(position);
  for (;; taken.waited = true) {
    if (!running_) return {Answer::stopped, nullptr, taken.waited};
    if (position < first_entry_) return taken;
    if (position < planned_end()) {
      Entry& entry = entries_[position - first_entry_];
      if (entry.asked || entry.unit == nullptr || entry.sample != sample) {
        entry.asked = true;
        drop_entry(entry);
        return taken;
      }
      if (entry.unit->state != ReadUnit::State::reading) {
        entry.asked = true;
        taken.answer = Answer::unit;
        taken.unit = std::exchange(entry.unit, nullptr);
        --taken.unit->pending;
        ++taken.unit->users;
        return taken;
      }
    } else if (planner_.done() || no_memory_) {
      asked_early_.insert(position);
      if (position == planned_end()) wake_planners();  // it need not wait for room for this one
      return taken;
    }
    ++waiting_;
    ready_.wait(lock);
    --waiting_;
  }
}

void ReadAhead::give_back(ReadUnit* unit) {
  const std::lock_guard lock(mutex_);
  --unit->users;
  free_if_unused(unit);
}

}  // namespace headrace
