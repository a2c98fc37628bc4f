#include "runtime/io/read_planner.h"

#include <algorithm>

namespace headrace {
namespace {

// What a read costs beside its bytes, in bytes: a device reads about so many in the time a request takes.
constexpr uint64_t kReadCost = 64u << 10;

// Bounds memory where samples are tiny.
constexpr size_t kMaxWindow = size_t{1} << 14;

// The window starts with so many samples, so that the first read need not wait for all of it to be looked
// at, and grows by so many for each that leaves it.
constexpr size_t kFirstFill = 1024, kFill = 8;

uint64_t cost_of(const Extent& extent) { return extent.empty() ? 0 : extent.bytes() + kReadCost; }

}  // namespace

ReadPlanner::ReadPlanner(const DatasetIndex& index, uint64_t window_bytes, uint64_t page_budget)
    : index_(index), window_bytes_(window_bytes), page_budget_(page_budget) {}

void ReadPlanner::start(const SampleSequence& sequence, uint64_t first) {
  stop();
  sequence_ = &sequence;
  next_ = first;
  end_ = sequence.size();
  fill(kFirstFill);
}

void ReadPlanner::stop() {
  window_.clear();
  pages_.clear();
  sequence_ = nullptr;
  next_ = end_ = bytes_ = whole_bytes_ = 0;
}

void ReadPlanner::count(const PlannedSample& sample, bool enter) {
  PageUse& use = pages_[sample.page];
  if (enter && use.samples == 0) use.bytes = page_extent(index_, sample.page).bytes();
  if (use.worth_it()) whole_bytes_ -= use.bytes;
  const uint64_t cost = cost_of(sample.extent);
  use.cost = enter ? use.cost + cost : use.cost - cost;
  use.samples = enter ? use.samples + 1 : use.samples - 1;
  bytes_ = enter ? bytes_ + sample.extent.bytes() : bytes_ - sample.extent.bytes();
  if (use.samples == 0) {
    pages_.erase(sample.page);
  } else if (use.worth_it()) {
    whole_bytes_ += use.bytes;
  }
}

void ReadPlanner::fill(size_t most) {
  const size_t limit = std::min(kMaxWindow, window_.size() + most);
  while (next_ < end_ && window_.size() < limit && (window_.empty() || bytes_ < window_bytes_)) {
    PlannedSample planned;
    planned.position = next_++;
    planned.sample = sequence_->sample_at(planned.position);
    if (planned.sample >= index_.samples) continue;
    planned.page = index_.page_of(planned.sample);
    planned.extent = sample_extent(index_, planned.sample);
    window_.push_back(planned);
    count(planned, true);
  }
}

bool ReadPlanner::wants_page() const {
  const auto use = pages_.find(head().page);
  return !head().extent.empty() && use->second.worth_it() && whole_bytes_ <= page_budget_;
}

void ReadPlanner::advance() {
  const PlannedSample head = window_.front();
  window_.pop_front();
  count(head, false);
  fill(kFill);
}

}  // namespace headrace
