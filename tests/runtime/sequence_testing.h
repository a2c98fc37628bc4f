// A dataset of scalars and image sizes without a file, for tests of orders and selections.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headrace/dataset.h"
#include "runtime/loader/sequence.h"

namespace headrace::testing {

/// Sample s has one value per field, made by `value(s, field)`; its page is `page(s)`.
class TableDataset : public Dataset {
 public:
  explicit TableDataset(uint64_t samples, uint64_t samples_per_page = 10) : samples_(samples) {
    for (uint64_t s = 0; s < samples; ++s) pages.push_back(s / samples_per_page);
  }

  void add_integers(const std::string& name, std::vector<int64_t> values,
                    std::vector<std::string> names = {}) {
    std::vector<hr_field> column(samples_);
    for (uint64_t s = 0; s < samples_; ++s) column[s].value = values[s];
    add({name, FieldKind::i64, std::move(names)}, std::move(column));
  }
  void add_reals(const std::string& name, const std::vector<double>& values) {
    std::vector<hr_field> column(samples_);
    for (uint64_t s = 0; s < samples_; ++s) column[s].value = std::bit_cast<int64_t>(values[s]);
    add({name, FieldKind::f64, {}}, std::move(column));
  }
  void add_images(const std::string& name, const std::vector<std::pair<uint32_t, uint32_t>>& widths_heights) {
    std::vector<hr_field> column(samples_);
    for (uint64_t s = 0; s < samples_; ++s) {
      column[s].width = widths_heights[s].first;
      column[s].height = widths_heights[s].second;
      column[s].size = 100;
    }
    add({name, FieldKind::image, {}}, std::move(column));
  }
  void add_bytes(const std::string& name) {
    add({name, FieldKind::bytes, {}}, std::vector<hr_field>(samples_));
  }

  uint64_t size() const override { return samples_; }
  const Schema& schema() const override { return schema_; }
  const std::string& path() const override { return path_; }
  uint64_t file_bytes() const override { return 1 << 20; }
  std::optional<size_t> field_index(std::string_view name) const override {
    for (size_t i = 0; i < schema_.fields.size(); ++i) {
      if (schema_.fields[i].name == name) return i;
    }
    return std::nullopt;
  }
  Status metadata(uint64_t sample, std::span<hr_field> out) const override {
    if (sample >= samples_ || out.size() != columns_.size()) return {"data.range", path_, "bad call"};
    if (sample == broken) return {"data.record", path_, "broken"};
    for (size_t i = 0; i < columns_.size(); ++i) out[i] = columns_[i][sample];
    return {};
  }
  Status read(uint64_t sample, std::span<hr_field> out) const override { return metadata(sample, out); }
  uint64_t page_of(uint64_t sample) const override { return pages[sample]; }
  uint64_t page_count() const override { return pages.empty() ? 0 : pages.back() + 1; }
  uint64_t page_size() const override { return 1000; }
  uint64_t page_bytes(uint64_t page) const override {
    return page < large_pages.size() && large_pages[page] != 0 ? large_pages[page] : 900;
  }
  std::string fingerprint() const override { return std::string(32, '0'); }
  uint32_t encodings() const override { return 0; }
  std::string key(uint64_t sample) const override { return "k" + std::to_string(sample); }

  // May be changed before the dataset is used.
  std::vector<uint64_t> pages;        ///< page of each sample, ascending
  std::vector<uint64_t> large_pages;  ///< bytes of each page that is not an ordinary one; 0: it is
  uint64_t broken = UINT64_MAX;       ///< a sample whose metadata cannot be read

 private:
  void add(Schema::Field field, std::vector<hr_field> column) {
    schema_.fields.push_back(std::move(field));
    columns_.push_back(std::move(column));
  }

  const std::string path_ = "table.hrd";
  uint64_t samples_;
  Schema schema_;
  std::vector<std::vector<hr_field>> columns_;
};

/// The items of a sequence's first `count` positions (0: of all).
inline std::vector<SequenceItem> items(const EpochSequence& sequence, uint64_t count = 0) {
  std::vector<SequenceItem> list;
  for (uint64_t p = 0; p < (count != 0 ? count : sequence.positions()); ++p) list.push_back(sequence.at(p));
  return list;
}

inline std::vector<uint64_t> samples(const EpochSequence& sequence) {
  std::vector<uint64_t> list;
  for (const SequenceItem& item : items(sequence)) list.push_back(item.sample);
  return list;
}

}  // namespace headrace::testing
