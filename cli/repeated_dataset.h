// A dataset several times over, so that a small one makes an epoch long enough to measure.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "headrace/dataset.h"

namespace headrace::cli {

/// Sample i is sample i % size() of the dataset behind it; each copy draws its own random numbers. Pages
/// repeat the same way.
class RepeatedDataset final : public Dataset {
 public:
  RepeatedDataset(std::shared_ptr<const Dataset> base, uint64_t copies)
      : base_(std::move(base)), copies_(copies) {}

  /// The fewest copies with at least `samples` samples; 1 for an empty dataset.
  static uint64_t copies_for(const Dataset& base, uint64_t samples);

  uint64_t size() const override { return base_->size() * copies_; }
  const Schema& schema() const override { return base_->schema(); }
  const std::string& path() const override { return base_->path(); }
  uint64_t file_bytes() const override { return base_->file_bytes(); }
  std::optional<size_t> field_index(std::string_view name) const override { return base_->field_index(name); }
  Status metadata(uint64_t sample, std::span<hr_field> out) const override;
  Status read(uint64_t sample, std::span<hr_field> out) const override;
  uint64_t page_of(uint64_t sample) const override;
  uint64_t page_count() const override { return base_->page_count() * copies_; }
  uint64_t page_size() const override { return base_->page_size(); }
  uint64_t page_bytes(uint64_t page) const override {
    return page < page_count() ? base_->page_bytes(page % base_->page_count()) : 0;
  }
  std::string fingerprint() const override { return base_->fingerprint(); }
  uint32_t encodings() const override { return base_->encodings(); }
  std::string key(uint64_t sample) const override;

 private:
  /// The sample behind `sample`; one that does not exist stays so.
  uint64_t original(uint64_t sample) const {
    return sample < size() ? sample % base_->size() : base_->size();
  }

  std::shared_ptr<const Dataset> base_;
  uint64_t copies_;
};

}  // namespace headrace::cli
