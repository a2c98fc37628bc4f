#include "cli/repeated_dataset.h"

#include <algorithm>

namespace headrace::cli {

uint64_t RepeatedDataset::copies_for(const Dataset& base, uint64_t samples) {
  if (base.size() == 0) return 1;
  return std::max<uint64_t>(1, samples / base.size() + (samples % base.size() != 0));
}

Status RepeatedDataset::metadata(uint64_t sample, std::span<hr_field> out) const {
  return base_->metadata(original(sample), out);
}

Status RepeatedDataset::read(uint64_t sample, std::span<hr_field> out) const {
  return base_->read(original(sample), out);
}

uint64_t RepeatedDataset::page_of(uint64_t sample) const {
  if (sample >= size()) return page_count();
  return sample / base_->size() * base_->page_count() + base_->page_of(original(sample));
}

std::string RepeatedDataset::key(uint64_t sample) const { return base_->key(original(sample)); }

}  // namespace headrace::cli
