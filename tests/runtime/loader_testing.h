// A dataset and a program without files or code generation, for the loader tests.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/loader.h"
#include "headrace/program.h"

namespace headrace::testing {

/// Fields: "label" (i64), "data" (bytes), "key" (bytes). Sample s has label s / 10, key "k/<s>" and
/// 1 + s % 50 bytes of data, whose width says s.
class FakeDataset : public Dataset {
 public:
  explicit FakeDataset(uint64_t samples, uint64_t samples_per_page = 8);

  uint64_t size() const override { return data_.size(); }
  const Schema& schema() const override { return schema_; }
  const std::string& path() const override { return path_; }
  uint64_t file_bytes() const override { return 1 << 20; }
  std::optional<size_t> field_index(std::string_view name) const override;
  Status metadata(uint64_t sample, std::span<hr_field> out) const override;
  Status read(uint64_t sample, std::span<hr_field> out) const override;
  uint64_t page_of(uint64_t sample) const override { return pages[sample]; }
  uint64_t page_count() const override { return pages.empty() ? 0 : pages.back() + 1; }
  uint64_t page_size() const override { return 1000; }
  std::string fingerprint() const override { return "0123456789abcdef0123456789abcdef"; }
  uint32_t encodings() const override { return ~0u; }
  std::string key(uint64_t sample) const override { return "k/" + std::to_string(sample); }

  // May be changed before the dataset is used.
  std::vector<uint64_t> pages;                           ///< page of each sample
  std::vector<int64_t> labels;                           ///< of each sample
  std::function<Status(uint64_t)> on_read, on_metadata;  ///< may fail

 private:
  const std::string path_ = "fake.hrd";
  Schema schema_;
  std::vector<std::vector<uint8_t>> data_;
};

/// Outputs: "noise", kNoiseBytes bytes that depend on seed, epoch, sample and the sample's data; "id", the
/// sample as i64. It reads its fields in another order than the dataset's, and fails with HR_E_INTERNAL
/// where the loader breaks a promise of abi.h.
class FakeProgram : public Program {
 public:
  static constexpr size_t kNoiseBytes = 100;

  FakeProgram();
  const ProgramInfo& info() const override { return info_; }
  hr_result plan(hr_plan_frame& frame) const override;
  hr_result run(hr_run_frame& frame) const override;

  /// What "noise" must hold for a sample whose random numbers are keyed by `key`.
  static std::vector<uint8_t> expected_noise(const hr_key& key, uint64_t sample);
  static std::vector<uint8_t> expected_noise(uint64_t seed, uint64_t epoch, uint64_t sample) {
    return expected_noise({seed, epoch, sample}, sample);
  }

  /// The sample that a frame is about, which its key need not say.
  static uint64_t sample_of(const hr_run_frame& frame) { return frame.fields[0].width; }

  // May be changed before the program is used.
  ProgramInfo info_;
  std::function<hr_result(hr_plan_frame&)> on_plan;      ///< in place of plan()
  std::function<hr_result(const hr_run_frame&)> on_run;  ///< first thing in run(); may fail or wait
};

/// The bytes and samples of an epoch's batches.
struct Epoch {
  std::vector<uint8_t> noise;
  std::vector<int64_t> ids;          ///< by the program
  std::vector<uint64_t> sample_ids;  ///< by the loader
  std::vector<uint64_t> batch_samples;
  Status status;  ///< what ended it, if not its end

  bool operator==(const Epoch& o) const {
    return noise == o.noise && ids == o.ids && sample_ids == o.sample_ids;
  }
};

/// Appends a batch.
void append(const Batch& batch, Epoch& epoch);

/// Runs one epoch to its end or first error.
Epoch run_epoch(Loader& loader, uint64_t epoch);

std::unique_ptr<Loader> make_loader(std::shared_ptr<const Dataset> dataset,
                                    std::shared_ptr<const Program> program, const LoaderOptions& options);

/// Waits a little, longer for some values than for others, so that threads finish out of order.
void dawdle(uint64_t value);

}  // namespace headrace::testing
