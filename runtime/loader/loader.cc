#include "headrace/loader.h"

#include <pthread.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "runtime/loader/loader_config.h"
#include "runtime/loader/loader_worker.h"
#include "runtime/loader/order.h"
#include "runtime/loader/ring.h"
#include "runtime/loader/sample_error.h"
#include "runtime/platform/fp_env.h"

namespace headrace {
namespace {

constexpr uint64_t kNoFailure = UINT64_MAX;

/// While it lives, threads started here leave every signal to the threads of the program.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_ = {};
};

}  // namespace

class LoaderImpl final : public Loader {
 public:
  LoaderImpl(std::shared_ptr<const Dataset> dataset, std::shared_ptr<const Program> program,
             const LoaderOptions& options, LoaderConfig config)
      : dataset_(std::move(dataset)),
        program_(std::move(program)),
        options_(options),
        config_(std::move(config)),
        ring_(std::make_shared<BatchRing>(config_.layout, config_.ring_slots)) {}
  ~LoaderImpl() override;
  LoaderImpl(const LoaderImpl&) = delete;
  LoaderImpl& operator=(const LoaderImpl&) = delete;

  Status start();

  uint64_t batches_per_epoch() const override { return config_.batches; }
  uint64_t samples_per_epoch() const override { return config_.samples; }
  unsigned threads() const override { return config_.threads; }
  Status start_epoch(uint64_t epoch) override;
  Expected<Batch> next() override;
  LoaderStats stats() const override;

 private:
  Status check_process() const;
  OrderPlan make_order() const;
  void work(LoaderWorker& worker);
  void run_epoch(LoaderWorker& worker);
  void run_sample(LoaderWorker& worker, uint64_t position, BatchSlot* slot);
  void note_failure(uint64_t position, SampleFailure&& failure);

  const std::shared_ptr<const Dataset> dataset_;
  const std::shared_ptr<const Program> program_;
  const LoaderOptions options_;
  const LoaderConfig config_;
  std::shared_ptr<BatchRing> ring_;  // also owned by every batch given out
  std::optional<PageLists> pages_;
  std::vector<std::unique_ptr<LoaderWorker>> workers_;
  std::vector<std::thread> threads_;

  // Of the current epoch; workers see them after entering it.
  uint64_t epoch_ = 0;
  std::optional<OrderPlan> order_;
  alignas(64) std::atomic<uint64_t> next_position_ = 0;
  // The first position known to have failed. Later ones need not be run: they cannot be reported.
  alignas(64) std::atomic<uint64_t> failed_position_ = kNoFailure;
  std::mutex failure_mutex_;
  SampleFailure failure_;  // of failed_position_

  std::atomic<uint64_t> samples_ = 0, batches_ = 0, decode_warnings_ = 0;
};

Status LoaderImpl::start() {
  const FpEnvironment fp;
  if (options_.order == Order::quasi_random) pages_.emplace(*dataset_);
  for (unsigned i = 0; i < config_.threads; ++i) {
    HR_ASSIGN_OR_RETURN(std::unique_ptr<LoaderWorker> worker,
                        LoaderWorker::create(*dataset_, *program_, config_.field_map));
    workers_.push_back(std::move(worker));
  }
  SampleFailure failure;
  if (workers_.front()->probe({options_.seed, 0, 0}, failure) == HR_E_ABI)
    return sample_error(*dataset_, program_->info().fields, failure);
  const SignalsBlocked blocked;
  threads_.reserve(config_.threads);
  for (const std::unique_ptr<LoaderWorker>& worker : workers_) {
    threads_.emplace_back([this, w = worker.get()] { work(*w); });
  }
  return {};
}

LoaderImpl::~LoaderImpl() {
  if (ring_->in_forked_process()) {
    // The threads exist in the parent only, and may have held any lock or been anywhere in a decoder when
    // the process was copied: nothing they use can be waited for or destroyed.
    for (std::thread& t : threads_) t.detach();
    for (std::unique_ptr<LoaderWorker>& w : workers_) (void)w.release();
    (void)new (std::nothrow) std::shared_ptr<BatchRing>(std::move(ring_));
    return;
  }
  ring_->close();
  for (std::thread& t : threads_) t.join();
}

OrderPlan LoaderImpl::make_order() const {
  switch (options_.order) {
    case Order::sequential:
      break;
    case Order::random:
      return OrderPlan::random(dataset_->size(), options_.seed, epoch_);
    case Order::quasi_random:
      return OrderPlan::quasi_random(*pages_, dataset_->page_size(), options_.window_bytes, options_.seed,
                                     epoch_);
  }
  return OrderPlan::sequential(dataset_->size());
}

void LoaderImpl::work(LoaderWorker& worker) {
  const FpEnvironment fp;  // threads inherit their creator's
  for (uint64_t seen = 0; ring_->enter_epoch(seen);) {
    run_epoch(worker);
    ring_->leave_epoch();
  }
}

void LoaderImpl::run_epoch(LoaderWorker& worker) {
  while (!ring_->stopped()) {
    const uint64_t position = next_position_.fetch_add(1, std::memory_order_relaxed);
    if (position >= config_.samples) return;
    BatchSlot* const slot = ring_->slot_of(position / config_.batch_size);
    if (slot == nullptr) return;
    if (position < failed_position_.load(std::memory_order_relaxed)) run_sample(worker, position, slot);
    ring_->finish_sample(slot);
  }
}

void LoaderImpl::run_sample(LoaderWorker& worker, uint64_t position, BatchSlot* slot) {
  const uint64_t in_batch = position % config_.batch_size;
  const uint64_t sample = order_->sample_at(position);
  slot->sample_ids[in_batch] = sample;
  const std::span<uint8_t*> outputs = worker.outputs();
  for (size_t k = 0; k < outputs.size(); ++k) {
    outputs[k] = slot->output(k) + in_batch * config_.layout.sample_bytes[k];
  }
  SampleFailure failure;
  if (!worker.run({options_.seed, epoch_, sample}, failure)) {
    note_failure(position, std::move(failure));
  } else if (const uint64_t warnings = worker.warnings(); warnings != 0) {
    slot->warnings.fetch_add(warnings, std::memory_order_relaxed);
  }
}

void LoaderImpl::note_failure(uint64_t position, SampleFailure&& failure) {
  const std::lock_guard lock(failure_mutex_);
  if (position >= failed_position_.load(std::memory_order_relaxed)) return;
  failure_ = std::move(failure);
  failed_position_.store(position, std::memory_order_relaxed);
}

Status LoaderImpl::check_process() const {
  if (!ring_->in_forked_process()) return {};
  return {"loader.fork", dataset_->path(),
          "the loader belongs to process " + std::to_string(ring_->owner_process()) +
              ", of which this process is a fork without its worker threads; create the loader after fork()"};
}

Status LoaderImpl::start_epoch(uint64_t epoch) {
  HR_RETURN_IF_ERROR(check_process());
  ring_->quiesce();
  epoch_ = epoch;
  next_position_.store(0, std::memory_order_relaxed);
  failed_position_.store(kNoFailure, std::memory_order_relaxed);
  try {
    order_.emplace(make_order());
  } catch (const std::bad_alloc&) {
    order_.reset();
    return {"loader.memory", dataset_->path(), "out of memory for the order of the samples"};
  }
  ring_->begin(config_.samples, config_.batch_size, config_.threads);
  return {};
}

Expected<Batch> LoaderImpl::next() {
  HR_RETURN_IF_ERROR(check_process());
  if (!order_) return Status("loader.epoch", dataset_->path(), "no epoch was started");
  HR_ASSIGN_OR_RETURN(std::unique_ptr<BatchSlot> slot, ring_->take());
  if (!slot) return Batch();
  if (failed_position_.load(std::memory_order_relaxed) / config_.batch_size == slot->batch) {
    ring_->give_back(std::move(slot));
    ring_->quiesce();
    return sample_error(*dataset_, program_->info().fields, failure_);
  }
  samples_.fetch_add(slot->samples, std::memory_order_relaxed);
  batches_.fetch_add(1, std::memory_order_relaxed);
  decode_warnings_.fetch_add(slot->warnings.load(std::memory_order_relaxed), std::memory_order_relaxed);
  Batch batch;
  batch.owner_ = ring_;
  batch.slot_ = slot.release();
  return batch;
}

LoaderStats LoaderImpl::stats() const {
  LoaderStats stats;
  stats.samples = samples_.load(std::memory_order_relaxed);
  stats.batches = batches_.load(std::memory_order_relaxed);
  stats.decode_warnings = decode_warnings_.load(std::memory_order_relaxed);
  stats.consumer_wait_ns = ring_->consumer_wait_ns();
  stats.worker_wait_ns = ring_->worker_wait_ns();
  return stats;
}

Expected<std::unique_ptr<Loader>> Loader::create(std::shared_ptr<const Dataset> dataset,
                                                 std::shared_ptr<const Program> program,
                                                 const LoaderOptions& options) {
  if (!dataset) return Status("loader.dataset", "", "no dataset was given");
  if (!program) return Status("loader.program", "", "no program was given");
  try {
    HR_ASSIGN_OR_RETURN(LoaderConfig config, make_loader_config(*dataset, *program, options));
    auto loader =
        std::make_unique<LoaderImpl>(std::move(dataset), std::move(program), options, std::move(config));
    HR_RETURN_IF_ERROR(loader->start());
    return std::unique_ptr<Loader>(std::move(loader));
  } catch (const std::bad_alloc&) {
    return Status("loader.memory", "", "out of memory for the loader");
  } catch (const std::system_error& e) {
    return Status("loader.threads", "", std::string("a worker thread cannot be started: ") + e.what());
  }
}

}  // namespace headrace
