#include "bench/io/io_epoch.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "headrace/dataset.h"
#include "runtime/io/io_engine.h"
#include "runtime/io/mmap_engine.h"

namespace headrace::bench {
namespace {

constexpr uint64_t kWindowBytes = 64u << 20;  // of the quasi-random order, as the loader's default
constexpr uint64_t kAhead = 3 * 256;          // three batches

class Positions final : public SampleSequence {
 public:
  explicit Positions(std::vector<uint64_t> samples) : samples_(std::move(samples)) {}
  uint64_t size() const override { return samples_.size(); }
  uint64_t sample_at(uint64_t position) const override { return samples_[position]; }

 private:
  std::vector<uint64_t> samples_;
};

Positions make_order(const Dataset& dataset, Order order, uint32_t seed) {
  std::vector<uint64_t> samples(dataset.size());
  std::iota(samples.begin(), samples.end(), uint64_t{0});
  std::mt19937_64 rng(seed);
  if (order == Order::random) std::shuffle(samples.begin(), samples.end(), rng);
  if (order != Order::quasi_random) return Positions(std::move(samples));
  std::vector<std::vector<uint64_t>> pages(dataset.page_count());
  for (const uint64_t s : samples) pages[dataset.page_of(s)].push_back(s);
  std::shuffle(pages.begin(), pages.end(), rng);
  samples.clear();
  const uint64_t window = std::max<uint64_t>(1, kWindowBytes / dataset.page_size());
  for (size_t p = 0; p < pages.size(); p += window) {
    const auto begin = static_cast<ptrdiff_t>(samples.size());
    for (size_t q = p; q < std::min<size_t>(p + window, pages.size()); ++q)
      samples.insert(samples.end(), pages[q].begin(), pages[q].end());
    std::shuffle(samples.begin() + begin, samples.end(), rng);
  }
  return Positions(std::move(samples));
}

uint64_t device_bytes() {
  std::ifstream io("/proc/self/io");
  std::string name;
  for (uint64_t value = 0; io >> name >> value;) {
    if (name == "read_bytes:") return value;
  }
  return 0;
}

uint64_t major_faults() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_majflt);
}

/// Gets samples out of one engine, or out of files.
class Source {
 public:
  Source(const IoData& data, const EpochPlan& plan, std::shared_ptr<const Dataset> dataset)
      : data_(data), dataset_(std::move(dataset)) {
    if (plan.way == Way::files) return;
    if (plan.way == Way::plain) {
      engine_ = make_plain_engine(dataset_);
      return;
    }
    IoOptions options;
    options.engine = plan.way == Way::mmap    ? IoEngineKind::mmap
                     : plan.way == Way::pread ? IoEngineKind::pread
                                              : IoEngineKind::direct;
    options.memory_bytes = plan.memory_bytes;
    auto engine = make_io_engine(dataset_, options);
    if (engine.ok()) {
      engine_ = std::move(*engine);
    } else {
      error = engine.status().to_string();
    }
  }

  IoEngine* engine() const { return engine_.get(); }

  /// Reads the samples of the positions that `next` hands out. Adds up what they have, so that it is read.
  uint64_t work(const Positions& order, std::atomic<uint64_t>& next, bool touch, std::string& failed) const {
    std::vector<hr_field> fields(dataset_->schema().fields.size());
    std::vector<uint8_t> buffer;
    const std::unique_ptr<IoLease> lease = engine_ ? engine_->make_lease() : nullptr;
    uint64_t bytes = 0, sum = 0;
    for (uint64_t p = next++; p < order.size(); p = next++) {
      const uint64_t s = order.sample_at(p);
      if (engine_ == nullptr) {
        read_file(s, buffer);
        sum += touch ? XXH3_64bits(buffer.data(), buffer.size()) : 0;
        bytes += buffer.size();
        continue;
      }
      if (const Status status = engine_->acquire(p, s, fields, *lease); !status.ok()) {
        failed = status.to_string();
        break;
      }
      sum += touch ? XXH3_64bits(fields[0].data, fields[0].size) : 0;
      bytes += fields[0].size;
      if (const Status status = engine_->release(*lease); !status.ok()) failed = status.to_string();
    }
    checksum += sum;
    return bytes;
  }

  std::string error;
  mutable std::atomic<uint64_t> checksum = 0;

 private:
  void read_file(uint64_t sample, std::vector<uint8_t>& buffer) const {
    const int fd = ::open(sample_path(data_, sample).c_str(), O_RDONLY | O_CLOEXEC);
    const off_t size = ::lseek(fd, 0, SEEK_END);
    buffer.resize(size > 0 ? static_cast<size_t>(size) : 0);
    if (::pread(fd, buffer.data(), buffer.size(), 0) != static_cast<ssize_t>(buffer.size())) buffer.clear();
    ::close(fd);
  }

  const IoData& data_;
  const std::shared_ptr<const Dataset> dataset_;
  std::unique_ptr<IoEngine> engine_;
};

EpochResult run_epoch(const Source& source, const Dataset& dataset, const EpochPlan& plan, uint32_t seed) {
  const Positions order = make_order(dataset, plan.order, seed);
  std::atomic<uint64_t> next = 0, bytes = 0;
  std::vector<std::string> errors(plan.workers);
  const uint64_t device_before = device_bytes(), faults_before = major_faults();
  const auto begin = std::chrono::steady_clock::now();
  EpochResult result;
  if (source.engine() != nullptr) result.error = source.engine()->start_epoch(order, 0, kAhead).to_string();
  std::vector<std::thread> workers;
  for (unsigned w = 0; w < plan.workers && result.error.empty(); ++w)
    workers.emplace_back([&, w] { bytes += source.work(order, next, plan.touch, errors[w]); });
  for (std::thread& t : workers) t.join();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (source.engine() != nullptr) source.engine()->stop_epoch();
  result.bytes = bytes;
  result.samples = order.size();
  result.device_bytes = device_bytes() - device_before;
  result.major_faults = major_faults() - faults_before;
  for (const std::string& error : errors) result.error += error;
  return result;
}

}  // namespace

std::string name_of(Way way) {
  switch (way) {
    case Way::mmap:
      return "mmap";
    case Way::pread:
      return "pread";
    case Way::direct:
      return "direct";
    case Way::plain:
      return "plain mapping";
    case Way::files:
      return "file per sample";
  }
  return "?";
}

std::string name_of(Order order) {
  switch (order) {
    case Order::sequential:
      return "sequential";
    case Order::random:
      return "random";
    case Order::quasi_random:
      return "quasi_random";
  }
  return "?";
}

EpochResult run_epochs(const IoData& data, const EpochPlan& plan) {
  const auto dataset = Dataset::open(data.dataset, {.verify_pages = plan.verify});
  EpochResult result;
  if (!dataset.ok()) {
    result.error = dataset.status().to_string();
    return result;
  }
  const Source source(data, plan, *dataset);
  result.error = source.error;
  for (unsigned e = 0; e < plan.epochs && result.error.empty(); ++e)
    result = run_epoch(source, **dataset, plan, e + 1);
  return result;
}

}  // namespace headrace::bench
