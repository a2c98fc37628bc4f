#include "runtime/io/page_engine.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "runtime/io/page_reader.h"
#include "runtime/io/read_ahead.h"
#include "runtime/platform/bus_guard.h"

namespace headrace {
namespace {

// Memory for a sample that a worker reads itself is kept for its next one up to this size.
constexpr uint64_t kKeptOwnBytes = 4u << 20;

class PageLease final : public IoLease {
 public:
  ReadUnit* unit = nullptr;
  platform::Buffer own;
  PageReader::Scratch scratch;
  bool ready = false;  // this thread takes bus errors: the index is still mapped
};

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

class PageEngine final : public IoEngine {
 public:
  PageEngine(std::shared_ptr<const Dataset> owner, const MappedDataset& dataset, platform::DataFile file,
             Arena arena, const PageEngineConfig& config)
      : owner_(std::move(owner)),
        dataset_(dataset),
        kind_(config.kind),
        why_(config.why),
        process_(::getpid()),
        reader_(std::make_unique<PageReader>(dataset, std::move(file))),
        ahead_(std::make_unique<ReadAhead>(dataset, *reader_, std::move(arena))) {
    ahead_->start_threads(config.threads);
  }

  ~PageEngine() override {
    if (::getpid() == process_) return;
    // A fork: the threads are not here, and may have held locks. Nothing they use can be destroyed.
    (void)ahead_.release();
    (void)reader_.release();
  }
  PageEngine(const PageEngine&) = delete;
  PageEngine& operator=(const PageEngine&) = delete;

  std::unique_ptr<IoLease> make_lease() override { return std::make_unique<PageLease>(); }

  Status start_epoch(const SampleSequence& sequence, uint64_t first, uint64_t ahead) override {
    HR_RETURN_IF_ERROR(dataset_.check_intact());
    try {
      ahead_->start_epoch(sequence, first, ahead);
    } catch (const std::bad_alloc&) {
      ahead_->stop_epoch();
      return {"loader.memory", dataset_.path(), "out of memory for reading ahead"};
    }
    return {};
  }

  void stop_epoch() noexcept override { ahead_->stop_epoch(); }

  Status acquire(uint64_t position, uint64_t sample, std::span<hr_field> out, IoLease& lease) override {
    auto& held = static_cast<PageLease&>(lease);
    HR_RETURN_IF_ERROR(dataset_.check_access(sample, out.size()));
    if (!std::exchange(held.ready, true)) platform::accept_bus_errors();
    const uint64_t begin = now_ns();
    const ReadAhead::Taken taken = ahead_->take(position, sample);
    if (taken.waited) wait_ns_.fetch_add(now_ns() - begin, std::memory_order_relaxed);
    switch (taken.answer) {
      case ReadAhead::Answer::stopped:
        return {"io.stopped", dataset_.path(), "the epoch was stopped"};
      case ReadAhead::Answer::read_own:
        return read_own(sample, out, held);
      case ReadAhead::Answer::unit:
        break;
    }
    const ReadUnit& unit = *taken.unit;
    Status status = failure_of(unit.failure, sample);
    if (status.ok()) {
      const ReadBytes bytes = reader_->place(unit.extent, unit.memory);
      dataset_.locate(sample, bytes.data, bytes.begin, out);
      status = dataset_.check_intact();
    }
    if (!status.ok()) {
      ahead_->give_back(taken.unit);
      return status;
    }
    held.unit = taken.unit;
    return {};
  }

  Status release(IoLease& lease) override {
    auto& held = static_cast<PageLease&>(lease);
    if (ReadUnit* const unit = std::exchange(held.unit, nullptr)) ahead_->give_back(unit);
    if (held.own.size() > kKeptOwnBytes) held.own = platform::Buffer();
    // Keys and scalars are read through the mapping.
    return dataset_.check_intact();
  }

  IoStats stats() const override {
    IoStats stats;
    stats.engine = kind_;
    stats.why = why_;
    stats.bytes_read = reader_->bytes_read();
    stats.reads = reader_->reads();
    stats.wait_ns = wait_ns_.load(std::memory_order_relaxed);
    stats.arena_bytes = ahead_->arena_bytes();
    return stats;
  }

 private:
  Status failure_of(const ReadFailure& failure, uint64_t sample) const {
    if (failure.ok()) return {};
    HR_RETURN_IF_ERROR(dataset_.check_intact());
    return failure.io.ok() ? dataset_.damaged_page(sample, failure.damage) : failure.io;
  }

  /// Without the arena: what fits nowhere in it, and what is not in the epoch's order.
  Status read_own(uint64_t sample, std::span<hr_field> out, PageLease& held) {
    const Extent extent = sample_extent(dataset_.index(), sample);
    ReadBytes bytes;
    if (!extent.empty()) {
      const uint64_t begin = now_ns();
      const uint64_t size = reader_->memory_for(extent);
      // A buffer starts at a multiple of the platform's alignment only.
      const uint64_t slack = reader_->alignment() - platform::Buffer::kAlignment;
      if (held.own.size() < size + slack) {
        held.own = platform::Buffer();
        Expected<platform::Buffer> larger = platform::Buffer::allocate(size + slack);
        if (!larger.ok()) {
          return {
              "loader.memory", dataset_.path(),
              "out of memory for the " + std::to_string(size) + " bytes of sample " + std::to_string(sample)};
        }
        held.own = std::move(*larger);
      }
      const auto address = reinterpret_cast<uintptr_t>(held.own.data());
      uint8_t* const memory = held.own.data() + (format::align_up(address, reader_->alignment()) - address);
      const ReadFailure failure =
          reader_->read_part(dataset_.index().page_of(sample), extent, memory, held.scratch);
      wait_ns_.fetch_add(now_ns() - begin, std::memory_order_relaxed);
      HR_RETURN_IF_ERROR(failure_of(failure, sample));
      bytes = reader_->place(extent, memory);
    }
    dataset_.locate(sample, bytes.data, bytes.begin, out);
    return dataset_.check_intact();
  }

  const std::shared_ptr<const Dataset> owner_;
  const MappedDataset& dataset_;
  const IoEngineKind kind_;
  const std::string why_;
  const pid_t process_;
  std::unique_ptr<PageReader> reader_;
  std::unique_ptr<ReadAhead> ahead_;
  std::atomic<uint64_t> wait_ns_ = 0;
};

}  // namespace

Expected<std::unique_ptr<IoEngine>> make_page_engine(std::shared_ptr<const Dataset> owner,
                                                     const MappedDataset& dataset,
                                                     const PageEngineConfig& config) {
  const auto mode = config.kind == IoEngineKind::direct ? platform::DataFile::Mode::direct
                                                        : platform::DataFile::Mode::uncached;
  HR_ASSIGN_OR_RETURN(platform::DataFile file,
                      platform::DataFile::reopen(dataset.map().fd(), dataset.path(), mode));
  HR_ASSIGN_OR_RETURN(Arena arena, Arena::allocate(config.arena_bytes, config.huge_tlb));
  // Some file systems refuse direct reads only when they are asked for one.
  if (mode == platform::DataFile::Mode::direct) {
    HR_ASSIGN_OR_RETURN(const platform::Buffer probe, platform::Buffer::allocate(2 * file.alignment()));
    const auto address = reinterpret_cast<uintptr_t>(probe.data());
    HR_RETURN_IF_ERROR(file.read(0, file.alignment(), 1,
                                 probe.data() + (format::align_up(address, file.alignment()) - address)));
  }
  try {
    return std::unique_ptr<IoEngine>(
        std::make_unique<PageEngine>(std::move(owner), dataset, std::move(file), std::move(arena), config));
  } catch (const std::bad_alloc&) {
    return Status("loader.memory", dataset.path(), "out of memory for reading ahead");
  } catch (const std::system_error& e) {
    return Status("loader.threads", dataset.path(),
                  std::string("a thread that reads ahead cannot be started: ") + e.what());
  }
}

}  // namespace headrace
