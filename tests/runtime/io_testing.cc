#include "io_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>

namespace headrace::testing {
namespace {

uint64_t count_entries(const char* folder) {
  uint64_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++n;
  return n;
}

Status write_data(const std::string& path, const std::vector<Bytes>& data, uint64_t page_size) {
  const Schema schema = {
      {{"data", FieldKind::bytes, {}}, {"label", FieldKind::i64, {}}, {"key", FieldKind::bytes, {}}}};
  HR_ASSIGN_OR_RETURN(const auto writer, DatasetWriter::create(path, schema, {.page_size = page_size}));
  for (size_t s = 0; s < data.size(); ++s) {
    const std::string key = "k/" + std::to_string(s);
    const FieldValue values[] = {FieldValue::bytes(data[s]), FieldValue::integer(static_cast<int64_t>(s * 3)),
                                 FieldValue::bytes(key)};
    HR_RETURN_IF_ERROR(writer->add(values));
  }
  return writer->finish();
}

}  // namespace

uint64_t mixed_size(uint64_t sample) {
  if (sample % 37 == 5) return 150'000 + sample;  // more than a page
  if (sample % 11 == 3) return 0;
  if (sample % 5 == 0) return 20'000 + 13 * sample;
  return 1 + sample * 7 % 3000;
}

TestData make_data(const std::string& path, uint64_t samples,
                   const std::function<uint64_t(uint64_t)>& size_of, const OpenOptions& open,
                   uint64_t page_size) {
  TestData data;
  data.path = path;
  for (uint64_t s = 0; s < samples; ++s) data.data.push_back(noise(size_of(s), static_cast<uint32_t>(s)));
  const Status written = write_data(path, data.data, page_size);
  EXPECT_TRUE(written.ok()) << written.to_string();
  auto dataset = Dataset::open(path, open);
  EXPECT_TRUE(dataset.ok()) << dataset.status().to_string();
  if (dataset.ok()) data.dataset = *dataset;
  return data;
}

ListSequence sequential_order(uint64_t samples) {
  std::vector<uint64_t> order(samples);
  std::iota(order.begin(), order.end(), uint64_t{0});
  return ListSequence(std::move(order));
}

ListSequence random_order(uint64_t samples, uint32_t seed) {
  std::vector<uint64_t> order(samples);
  std::iota(order.begin(), order.end(), uint64_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937(seed));
  return ListSequence(std::move(order));
}

ListSequence page_local_order(const Dataset& dataset, uint64_t window, uint32_t seed) {
  std::mt19937 rng(seed);
  std::vector<std::vector<uint64_t>> pages(dataset.page_count());
  for (uint64_t s = 0; s < dataset.size(); ++s) pages[dataset.page_of(s)].push_back(s);
  std::shuffle(pages.begin(), pages.end(), rng);
  std::vector<uint64_t> order;
  for (size_t p = 0; p < pages.size(); p += window) {
    const auto begin = static_cast<ptrdiff_t>(order.size());
    for (size_t q = p; q < std::min<size_t>(p + window, pages.size()); ++q)
      order.insert(order.end(), pages[q].begin(), pages[q].end());
    std::shuffle(order.begin() + begin, order.end(), rng);
  }
  return ListSequence(std::move(order));
}

ListSequence share_of(const SampleSequence& order, uint64_t rank, uint64_t world) {
  std::vector<uint64_t> share;
  for (uint64_t p = rank; p < order.size(); p += world) share.push_back(order.sample_at(p));
  return ListSequence(std::move(share));
}

ListSequence drawn_order(uint64_t samples, uint64_t positions, uint32_t seed) {
  std::mt19937 rng(seed);
  std::vector<uint64_t> order(positions);
  for (uint64_t& s : order) s = std::min<uint64_t>(rng() % samples, rng() % samples);
  return ListSequence(std::move(order));
}

std::unique_ptr<IoEngine> make_engine(const TestData& data, const IoOptions& options) {
  auto engine = make_io_engine(data.dataset, options);
  EXPECT_TRUE(engine.ok()) << engine.status().to_string();
  return engine.ok() ? std::move(*engine) : nullptr;
}

std::string check_sample(const TestData& data, uint64_t sample, const std::vector<hr_field>& fields) {
  const std::string name = "sample " + std::to_string(sample);
  const Bytes& expected = data.data[sample];
  if (fields[0].size != expected.size()) return name + " has " + std::to_string(fields[0].size) + " bytes";
  if (fields[0].data == nullptr || reinterpret_cast<uintptr_t>(fields[0].data) % 64 != 0)
    return name + " is not aligned";
  if (!std::equal(expected.begin(), expected.end(), fields[0].data)) return name + " has other bytes";
  uint8_t tail[HR_BUFFER_ALIGNMENT];
  std::memcpy(tail, fields[0].data + fields[0].size, sizeof tail);  // must be readable
  if (fields[1].value != static_cast<int64_t>(sample * 3)) return name + " has another label";
  const std::string key(reinterpret_cast<const char*>(fields[2].data), fields[2].size);
  return key == "k/" + std::to_string(sample) ? "" : name + " has the key " + key;
}

std::string run_epoch(IoEngine& engine, const TestData& data, const SampleSequence& order, unsigned workers,
                      uint64_t first, uint64_t stop_after, uint64_t ahead) {
  if (const Status started = engine.start_epoch(order, first, ahead); !started.ok())
    return started.to_string();
  std::atomic<uint64_t> next = first;
  std::mutex mutex;
  std::string wrong;
  const uint64_t end = std::min(order.size(), stop_after > order.size() ? order.size() : first + stop_after);
  const auto work = [&] {
    const std::unique_ptr<IoLease> lease = engine.make_lease();
    std::vector<hr_field> fields(3);
    for (uint64_t p = next++; p < end; p = next++) {
      const uint64_t sample = order.sample_at(p);
      Status status = engine.acquire(p, sample, fields, *lease);
      std::string text = status.to_string();
      if (status.ok()) {
        text = check_sample(data, sample, fields);
        if (const Status released = engine.release(*lease); !released.ok()) text = released.to_string();
      }
      if (text.empty()) continue;
      const std::lock_guard lock(mutex);
      if (wrong.empty()) wrong = "position " + std::to_string(p) + ": " + text;
      return;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < workers; ++i) threads.emplace_back(work);
  for (std::thread& t : threads) t.join();
  engine.stop_epoch();
  return wrong;
}

std::string read_one(IoEngine& engine, const TestData& data, uint64_t sample) {
  const std::unique_ptr<IoLease> lease = engine.make_lease();
  std::vector<hr_field> fields(3);
  if (const Status status = engine.acquire(IoEngine::kNoPosition, sample, fields, *lease); !status.ok())
    return status.to_string();
  const std::string wrong = check_sample(data, sample, fields);
  const Status released = engine.release(*lease);
  return released.ok() ? wrong : released.to_string();
}

uint64_t open_descriptors() { return count_entries("/proc/self/fd"); }
uint64_t running_threads() { return count_entries("/proc/self/task"); }

}  // namespace headrace::testing
