#include "runtime/io/mmap_engine.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <new>
#include <system_error>
#include <utility>

#include "runtime/io/page_cache_ahead.h"
#include "runtime/platform/bus_guard.h"

namespace headrace {
namespace {

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

uint64_t payload_bytes(std::span<const hr_field> fields) {
  uint64_t bytes = 0;
  for (const hr_field& field : fields) bytes += field.size;
  return bytes;
}

/// What both engines count. On a cache line that nothing else is on.
struct alignas(64) Counters {
  std::atomic<uint64_t> bytes = 0, samples = 0, wait_ns = 0;

  void add(std::span<const hr_field> fields) {
    bytes.fetch_add(payload_bytes(fields), std::memory_order_relaxed);
    samples.fetch_add(1, std::memory_order_relaxed);
  }
  IoStats stats(const std::string& why) const {
    IoStats stats;
    stats.engine = IoEngineKind::mmap;
    stats.why = why;
    stats.bytes_read = bytes.load(std::memory_order_relaxed);
    stats.reads = samples.load(std::memory_order_relaxed);
    stats.wait_ns = wait_ns.load(std::memory_order_relaxed);
    return stats;
  }
};

class MmapLease final : public IoLease {
 public:
  bool ready = false;  // this thread takes bus errors
};

class MmapEngine final : public IoEngine {
 public:
  MmapEngine(std::shared_ptr<const Dataset> owner, const MappedDataset& dataset,
             const MmapEngineConfig& config)
      : owner_(std::move(owner)),
        dataset_(dataset),
        why_(config.why),
        process_(::getpid()),
        ahead_(std::make_unique<PageCacheAhead>(dataset, config.ahead_bytes, config.keep_bytes,
                                                config.release_behind)) {
    ahead_->start_thread();
  }
  ~MmapEngine() override {
    // In a fork the thread is not there, and may have held the lock.
    if (::getpid() != process_) (void)ahead_.release();
  }
  MmapEngine(const MmapEngine&) = delete;
  MmapEngine& operator=(const MmapEngine&) = delete;

  std::unique_ptr<IoLease> make_lease() override { return std::make_unique<MmapLease>(); }

  Status start_epoch(const SampleSequence& sequence, uint64_t first, uint64_t ahead) override {
    HR_RETURN_IF_ERROR(dataset_.check_intact());
    stopped_.store(false, std::memory_order_relaxed);
    try {
      ahead_->start_epoch(sequence, first, ahead);
    } catch (const std::bad_alloc&) {
      ahead_->stop_epoch();
      return {"loader.memory", dataset_.path(), "out of memory for looking ahead"};
    }
    return {};
  }

  void stop_epoch() noexcept override {
    stopped_.store(true, std::memory_order_relaxed);
    ahead_->stop_epoch();
  }

  Status acquire(uint64_t position, uint64_t sample, std::span<hr_field> out, IoLease& lease) override {
    if (stopped_.load(std::memory_order_relaxed) && position != kNoPosition)
      return {"io.stopped", dataset_.path(), "the epoch was stopped"};
    if (auto& held = static_cast<MmapLease&>(lease); !held.ready) {
      platform::accept_bus_errors();
      held.ready = true;
    }
    if (position != kNoPosition) ahead_->reached(position);
    if (ahead_->cold() && sample < dataset_.size()) {
      const uint64_t begin = now_ns();
      ahead_->fetch(sample);
      counters_.wait_ns.fetch_add(now_ns() - begin, std::memory_order_relaxed);
    }
    HR_RETURN_IF_ERROR(dataset_.read(sample, out));
    counters_.add(out);
    return {};
  }

  Status release(IoLease& /*lease*/) override { return dataset_.check_intact(); }

  IoStats stats() const override { return counters_.stats(why_); }

 private:
  const std::shared_ptr<const Dataset> owner_;
  const MappedDataset& dataset_;
  const std::string why_;
  const pid_t process_;
  std::atomic<bool> stopped_ = true;  // until an epoch starts
  std::unique_ptr<PageCacheAhead> ahead_;
  Counters counters_;
};

class PlainEngine final : public IoEngine {
 public:
  explicit PlainEngine(std::shared_ptr<const Dataset> dataset) : dataset_(std::move(dataset)) {}

  std::unique_ptr<IoLease> make_lease() override { return std::make_unique<IoLease>(); }
  Status start_epoch(const SampleSequence&, uint64_t, uint64_t) override {
    stopped_.store(false, std::memory_order_relaxed);
    return {};
  }
  void stop_epoch() noexcept override { stopped_.store(true, std::memory_order_relaxed); }

  Status acquire(uint64_t position, uint64_t sample, std::span<hr_field> out, IoLease&) override {
    if (stopped_.load(std::memory_order_relaxed) && position != kNoPosition)
      return {"io.stopped", dataset_->path(), "the epoch was stopped"};
    HR_RETURN_IF_ERROR(dataset_->read(sample, out));
    counters_.add(out);
    return {};
  }

  Status release(IoLease&) override { return check_intact(*dataset_); }
  IoStats stats() const override { return counters_.stats("the dataset is no file of its own"); }

 private:
  const std::shared_ptr<const Dataset> dataset_;
  std::atomic<bool> stopped_ = true;  // until an epoch starts
  Counters counters_;
};

}  // namespace

Expected<std::unique_ptr<IoEngine>> make_mmap_engine(std::shared_ptr<const Dataset> owner,
                                                     const MappedDataset& dataset,
                                                     const MmapEngineConfig& config) {
  try {
    return std::unique_ptr<IoEngine>(std::make_unique<MmapEngine>(std::move(owner), dataset, config));
  } catch (const std::bad_alloc&) {
    return Status("loader.memory", dataset.path(), "out of memory for looking ahead");
  } catch (const std::system_error& e) {
    return Status("loader.threads", dataset.path(),
                  std::string("a thread that looks ahead cannot be started: ") + e.what());
  }
}

std::unique_ptr<IoEngine> make_plain_engine(std::shared_ptr<const Dataset> dataset) {
  return std::make_unique<PlainEngine>(std::move(dataset));
}

}  // namespace headrace
