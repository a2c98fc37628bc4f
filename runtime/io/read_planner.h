// Decides, along the samples to come, what to read for each: its page as a whole, where enough of the page is
// going to be used soon, or the sample alone.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "runtime/dataset/index.h"
#include "runtime/io/io_engine.h"
#include "runtime/io/sample_extent.h"

namespace headrace {

struct PlannedSample {
  uint64_t position = 0;
  uint64_t sample = 0;
  uint64_t page = 0;
  Extent extent;  ///< empty: nothing of it lies in a page
};

/// Not thread-safe. Looks at a window of the sequence, of so many bytes of samples; moves forward only.
class ReadPlanner {
 public:
  /// `page_budget`: bytes of the pages that may be in use at once as a whole.
  ReadPlanner(const DatasetIndex& index, uint64_t window_bytes, uint64_t page_budget);

  /// Begins at position `first`. Samples that the dataset does not have are left out.
  void start(const SampleSequence& sequence, uint64_t first);
  void stop();

  bool done() const { return window_.empty(); }
  uint64_t position() const { return done() ? end_ : window_.front().position; }

  /// The next sample; only if not done().
  const PlannedSample& head() const { return window_.front(); }

  /// Whether its page is worth reading as a whole.
  bool wants_page() const;

  /// Whether samples in the window lie in `page`.
  bool uses(uint64_t page) const { return pages_.contains(page); }

  void advance();

 private:
  struct PageUse {
    uint64_t cost = 0;   // of reading its samples in the window one by one
    uint64_t bytes = 0;  // of the page
    uint64_t samples = 0;

    // A quarter less than the page, for its bytes that nobody asks for: directory, padding, unused samples.
    bool worth_it() const { return cost >= bytes - bytes / 4; }
  };
  void fill(size_t most);
  void count(const PlannedSample& sample, bool enter);

  const DatasetIndex& index_;
  const uint64_t window_bytes_;
  const uint64_t page_budget_;

  const SampleSequence* sequence_ = nullptr;
  uint64_t next_ = 0, end_ = 0;  // positions: the first behind the window, the end of the sequence
  uint64_t bytes_ = 0;           // of the samples in the window
  uint64_t whole_bytes_ = 0;     // of the pages in it that are worth reading as a whole
  std::deque<PlannedSample> window_;
  std::unordered_map<uint64_t, PageUse> pages_;  // with samples in the window
};

}  // namespace headrace
