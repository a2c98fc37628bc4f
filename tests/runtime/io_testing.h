// Datasets, orders and workers for the tests of the I/O engines.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dataset_testing.h"
#include "headrace/dataset.h"
#include "headrace/io.h"
#include "runtime/io/io_engine.h"

namespace headrace::testing {

inline constexpr uint64_t kPage = 64u << 10;  ///< the smallest there is

/// Fields "data" (bytes, in pages), "label" (i64) and "key". Sample s has `size_of(s)` bytes of data.
struct TestData {
  std::string path;
  std::shared_ptr<const Dataset> dataset;
  std::vector<Bytes> data;
};

/// Sizes from 0 to several pages, most of them small.
uint64_t mixed_size(uint64_t sample);

TestData make_data(const std::string& path, uint64_t samples,
                   const std::function<uint64_t(uint64_t)>& size_of = mixed_size,
                   const OpenOptions& open = {}, uint64_t page_size = kPage);

/// An order given as a list.
class ListSequence final : public SampleSequence {
 public:
  explicit ListSequence(std::vector<uint64_t> samples) : samples_(std::move(samples)) {}
  uint64_t size() const override { return samples_.size(); }
  uint64_t sample_at(uint64_t position) const override { return samples_[position]; }

 private:
  std::vector<uint64_t> samples_;
};

ListSequence sequential_order(uint64_t samples);
ListSequence random_order(uint64_t samples, uint32_t seed);

/// Pages in random order, samples mixed within `window` of them.
ListSequence page_local_order(const Dataset& dataset, uint64_t window, uint32_t seed);

/// Every `world`-th position from `rank` on.
ListSequence share_of(const SampleSequence& order, uint64_t rank, uint64_t world);

/// Drawn with repetitions.
ListSequence drawn_order(uint64_t samples, uint64_t positions, uint32_t seed);

std::unique_ptr<IoEngine> make_engine(const TestData& data, const IoOptions& options);

/// What is wrong with a sample's fields, or "".
std::string check_sample(const TestData& data, uint64_t sample, const std::vector<hr_field>& fields);

/// Reads `engine`'s epoch from position `first` with `workers` threads and compares every sample. Stops after
/// `stop_after` positions. The engine is told that workers are at most `ahead` positions apart; nobody sees
/// to it. Returns what went wrong first, or "".
std::string run_epoch(IoEngine& engine, const TestData& data, const SampleSequence& order, unsigned workers,
                      uint64_t first = 0, uint64_t stop_after = UINT64_MAX, uint64_t ahead = 64);

/// Reads one sample on its own; an error as text, or "".
std::string read_one(IoEngine& engine, const TestData& data, uint64_t sample);

uint64_t open_descriptors();
uint64_t running_threads();

}  // namespace headrace::testing
