#include "cli/order_analysis.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace headrace::cli {
namespace {

using Counts = std::unordered_map<uint64_t, uint64_t>;

constexpr uint64_t kProgressEvery = 4096;  // positions

/// Different values that `drawn` of `total` things have on average, drawn without replacement; `counts`: how
/// many things have each value.
double expected_different(const Counts& counts, uint64_t total, uint64_t drawn) {
  // log of the number of ways to choose, from the gamma function.
  const auto log_choose = [](uint64_t n, uint64_t k) {
    return std::lgamma(double(n) + 1) - std::lgamma(double(k) + 1) - std::lgamma(double(n - k) + 1);
  };
  // Many values have the same count.
  std::unordered_map<uint64_t, uint64_t> values_of;
  for (const auto& [value, count] : counts) ++values_of[count];
  double sum = 0;
  for (const auto& [count, values] : values_of) {
    const double none =
        total - count < drawn ? 0 : std::exp(log_choose(total - count, drawn) - log_choose(total, drawn));
    sum += double(values) * (1 - none);
  }
  return sum;
}

/// How often two neighbours differ in a random order: of `total` things with these counts.
double expected_switches(const Counts& counts, uint64_t total) {
  if (total < 2) return 0;
  double same = 0;
  for (const auto& [value, count] : counts) same += double(count) * double(count - 1);
  return double(total - 1) - same / double(total);
}

/// Pages in memory, those used last; how many bytes had to be read.
class PageCache {
 public:
  explicit PageCache(uint64_t budget) : budget_(budget) {}

  void use(uint64_t page, uint64_t bytes) {
    if (const auto found = where_.find(page); found != where_.end()) {
      pages_.splice(pages_.begin(), pages_, found->second);
      return;
    }
    pages_.push_front({page, bytes});
    where_[page] = pages_.begin();
    read_ += double(bytes);
    kept_ += bytes;
    while (kept_ > budget_ && pages_.size() > 1) {
      kept_ -= pages_.back().bytes;
      where_.erase(pages_.back().page);
      pages_.pop_back();
    }
  }

  double bytes_read() const { return read_; }

 private:
  struct Page {
    uint64_t page, bytes;
  };

  const uint64_t budget_;
  uint64_t kept_ = 0;
  double read_ = 0;
  std::list<Page> pages_;  // used last first
  std::unordered_map<uint64_t, std::list<Page>::iterator> where_;
};

class Analyzer {
 public:
  Analyzer(const Dataset& dataset, uint64_t kept_bytes, std::optional<size_t> label_field)
      : dataset_(dataset),
        label_field_(label_field),
        cache_(kept_bytes),
        fields_(dataset.schema().fields.size()) {
    if (label_field_) result_.mixing.emplace();
  }

  Status add(uint64_t sample) {
    HR_RETURN_IF_ERROR(dataset_.metadata(sample, fields_));
    const uint64_t page = dataset_.page_of(sample);
    if (result_.samples != 0) result_.page_switches += page != page_;
    page_ = page;
    ++pages_[page];
    batch_pages_.insert(page);
    cache_.use(page, dataset_.page_bytes(page));
    for (const hr_field& field : fields_) sample_bytes_ += double(field.size);
    if (label_field_) add_label(static_cast<uint64_t>(fields_[*label_field_].value));
    ++result_.samples;
    return {};
  }

  void end_batch() {
    ++result_.batches;
    result_.pages_per_batch_most = std::max<uint64_t>(result_.pages_per_batch_most, batch_pages_.size());
    batch_pages_sum_ += double(batch_pages_.size());
    for (const uint64_t page : batch_pages_) page_bytes_ += double(dataset_.page_bytes(page));
    batch_pages_.clear();
    if (!result_.mixing) return;
    OrderAnalysis::Mixing& mixing = *result_.mixing;
    const uint64_t different = batch_labels_.size();
    batch_labels_sum_ += double(different);
    mixing.per_batch_fewest = result_.batches == 1 ? different : std::min(mixing.per_batch_fewest, different);
    batch_labels_.clear();
  }

  OrderAnalysis finish(uint64_t global_batch) {
    OrderAnalysis& r = result_;
    const uint64_t drawn = std::min(global_batch, r.samples);
    const double batches = double(std::max<uint64_t>(r.batches, 1));
    r.pages = pages_.size();
    r.page_switches_random = expected_switches(pages_, r.samples);
    r.pages_per_batch = batch_pages_sum_ / batches;
    r.pages_per_batch_random = expected_different(pages_, r.samples, drawn);
    r.page_bytes_per_batch = page_bytes_ / batches;
    r.sample_bytes_per_batch = sample_bytes_ / batches;
    r.read_bytes_per_batch = cache_.bytes_read() / batches;
    if (!r.mixing) return r;
    r.mixing->labels = labels_.size();
    r.mixing->run_mean = double(r.samples) / double(std::max<uint64_t>(runs_, 1));
    r.mixing->run_mean_random = double(r.samples) / (1 + expected_switches(labels_, r.samples));
    r.mixing->per_batch_mean = batch_labels_sum_ / batches;
    r.mixing->per_batch_random = expected_different(labels_, r.samples, drawn);
    return r;
  }

 private:
  void add_label(uint64_t label) {
    if (result_.samples == 0 || label != label_) {
      ++runs_;
      run_ = 0;
    }
    label_ = label;
    result_.mixing->run_longest = std::max(result_.mixing->run_longest, ++run_);
    ++labels_[label];
    batch_labels_.insert(label);
  }

  const Dataset& dataset_;
  const std::optional<size_t> label_field_;
  PageCache cache_;
  OrderAnalysis result_;
  std::vector<hr_field> fields_;
  Counts pages_, labels_;
  std::unordered_set<uint64_t> batch_pages_, batch_labels_;
  uint64_t page_ = 0, label_ = 0, run_ = 0, runs_ = 0;
  double sample_bytes_ = 0, page_bytes_ = 0, batch_pages_sum_ = 0, batch_labels_sum_ = 0;
};

}  // namespace

Expected<OrderAnalysis> analyze_order(const Dataset& dataset, const EpochSequence& sequence,
                                      uint64_t global_batch, uint64_t kept_bytes,
                                      std::optional<size_t> label_field,
                                      const std::function<bool(uint64_t)>& progress) {
  Analyzer analyzer(dataset, kept_bytes, label_field);
  for (uint64_t position = 0; position < sequence.positions(); ++position) {
    if (position % kProgressEvery == 0 && !progress(position))
      return Status("order.cancelled", "", "interrupted");
    const SequenceItem item = sequence.at(position);
    if (item.sample != SequenceItem::kPadding) HR_RETURN_IF_ERROR(analyzer.add(item.sample));
    if ((position + 1) % global_batch == 0) analyzer.end_batch();
  }
  return analyzer.finish(global_batch);
}

}  // namespace headrace::cli
