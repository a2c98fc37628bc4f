#include "headrace/loader.h"

#include <algorithm>
#include <cstdio>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "runtime/loader/loader_impl.h"
#include "runtime/platform/fp_env.h"
#include "runtime/platform/quiet_threads.h"
#include "runtime/platform/thread.h"

namespace headrace {
namespace {

/// 16 hexadecimal digits.
std::string hex(uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

LoaderImpl::LoaderImpl(std::shared_ptr<const Dataset> dataset, std::shared_ptr<const Program> program,
                       const LoaderOptions& options, LoaderConfig config, std::unique_ptr<SequencePlan> plan,
                       std::unique_ptr<IoEngine> io)
    : dataset_(std::move(dataset)),
      program_(std::move(program)),
      options_(options),
      config_(std::move(config)),
      plan_(std::move(plan)),
      io_(std::move(io)),
      ring_(std::make_shared<BatchRing>(config_.layout, config_.ring)) {}

Status LoaderImpl::start() {
  const FpEnvironment fp;
  if (options_.trace) {
    TraceOptions trace;
    trace.rank = options_.rank;
    if (options_.world_size > 1) {
      trace.process_name +=
          " rank " + std::to_string(options_.rank) + " of " + std::to_string(options_.world_size);
    }
    trace.tracks = config_.threads + 1;
    recorder_ = std::make_unique<TraceRecorder>(clock_, trace);
  }
  HR_ASSIGN_OR_RETURN(consumer_track_, make_track("consumer"));
  const LoaderWorker::Shared shared = {*dataset_,         *program_,       *io_,
                                       config_.field_map, options_.limits, clock_};
  for (unsigned i = 0; i < config_.threads; ++i) {
    HR_ASSIGN_OR_RETURN(TraceTrack* const track, make_track("worker " + std::to_string(i)));
    HR_ASSIGN_OR_RETURN(std::unique_ptr<LoaderWorker> worker, LoaderWorker::create(shared, track));
    workers_.push_back(std::move(worker));
  }
  SampleFailure failure;
  const WorkItem first = {0, IoEngine::kNoPosition, {options_.seed, 0, 0}};
  if (workers_.front()->probe(first, failure) == HR_E_ABI)
    return sample_error(*dataset_, program_->info().fields, failure);
  const platform::QuietThreads quiet;
  threads_.reserve(config_.threads);
  for (unsigned i = 0; i < config_.threads; ++i) threads_.emplace_back([this, i] { work(i); });
  return {};
}

/// Null if no trace is kept.
Expected<TraceTrack*> LoaderImpl::make_track(const std::string& name) {
  if (!recorder_) return nullptr;
  return recorder_->track(name);
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
  io_->stop_epoch();
  ring_->close();
  for (std::thread& t : threads_) t.join();
}

void LoaderImpl::work(unsigned number) {
  const FpEnvironment fp;  // threads inherit their creator's
  platform::name_this_thread("hr-worker-" + std::to_string(number));
  if (options_.pin_threads) platform::pin_this_thread(number, config_.threads);
  for (uint64_t seen = 0; ring_->enter_epoch(seen);) {
    run_epoch(*workers_[number]);
    ring_->leave_epoch();
  }
}

Status LoaderImpl::check_process() const {
  if (!ring_->in_forked_process()) return {};
  return {"loader.fork", dataset_->path(),
          "the loader belongs to process " + std::to_string(ring_->owner_process()) +
              ", of which this process is a fork without its worker threads; create the loader after fork()"};
}

Status LoaderImpl::start_epoch(uint64_t epoch) {
  HR_RETURN_IF_ERROR(check_process());
  io_->stop_epoch();
  ring_->quiesce();
  share_.reset();
  HR_ASSIGN_OR_RETURN(std::shared_ptr<const EpochSequence> sequence, plan_->epoch(epoch));
  epoch_ = epoch;
  delivered_ = resume_ && resume_->epoch == epoch ? resume_->consumed / global_batch() : 0;
  resume_.reset();
  share_.emplace(std::move(sequence), rows(), options_.rank, options_.world_size);
  const uint64_t first = delivered_ * rows();
  end_position_ = plan_->global_batches() * rows();
  next_position_.store(first, std::memory_order_relaxed);
  failed_position_.store(kNoFailure, std::memory_order_relaxed);
  if (Status status = io_->start_epoch(*share_, first, config_.ring.slots * rows()); !status.ok()) {
    share_.reset();
    return status;
  }
  ring_->begin(epoch, delivered_, plan_->global_batches(), config_.threads);
  return {};
}

Expected<Batch> LoaderImpl::next() {
  HR_RETURN_IF_ERROR(check_process());
  if (!share_) return Status("loader.epoch", dataset_->path(), "no epoch was started");
  const uint64_t begin = consumer_track_ != nullptr ? clock_.now() : 0;
  HR_ASSIGN_OR_RETURN(std::unique_ptr<BatchSlot> slot, ring_->take());
  if (!slot) return Batch();
  if (consumer_track_ != nullptr) trace_delivery(begin, *slot);
  if (failed_position_.load(std::memory_order_relaxed) / rows() == slot->batch) {
    ring_->give_back(std::move(slot));
    io_->stop_epoch();
    ring_->quiesce();
    return sample_error(*dataset_, program_->info().fields, failure_);
  }
  ++delivered_;
  samples_.fetch_add(slot->samples.load(std::memory_order_relaxed), std::memory_order_relaxed);
  batches_.fetch_add(1, std::memory_order_relaxed);
  decode_warnings_.fetch_add(slot->warnings.load(std::memory_order_relaxed), std::memory_order_relaxed);
  if (!slot->reports.empty()) {
    std::vector<SampleReport>& r = slot->reports;  // in the order in which workers came upon them
    std::sort(r.begin(), r.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
    failed_samples_.fetch_add(r.size(), std::memory_order_relaxed);
    std::move(r.begin(), r.end(), std::back_inserter(reports_));
    r.clear();
  }
  Batch batch;
  batch.owner_ = ring_;
  batch.slot_ = slot.release();
  return batch;
}

bool LoaderImpl::wait(std::chrono::milliseconds timeout) {
  if (ring_->in_forked_process() || !share_) return true;  // next() fails at once
  return ring_->wait(timeout);
}

void LoaderImpl::trace_delivery(uint64_t begin, const BatchSlot& slot) {
  const uint64_t now = std::max(clock_.now(), begin);
  const TracePlace place = {slot.epoch, slot.batch, 0};
  consumer_track_->span(SpanKind::consumer_wait, begin, now, place);
  consumer_track_->span(SpanKind::delivered, now, now, place);
  consumer_track_->counter(TraceCounter::batches_ready, now, ring_->ready());
  consumer_track_->counter(TraceCounter::bytes_read, now, io_->stats().bytes_read);
}

Status LoaderImpl::write_trace(const std::string& path) const {
  if (!recorder_)
    return {"loader.trace", path, "no trace was kept; create the loader with the option `trace`"};
  return recorder_->write(path);
}

LoaderState LoaderImpl::state() const {
  LoaderState state;
  state.numerics_version = kNumericsVersion;
  state.seed = options_.seed;
  state.epoch = resume_ ? resume_->epoch : epoch_;
  state.consumed = resume_ ? resume_->consumed : delivered_ * global_batch();
  state.dataset = dataset_->fingerprint();
  state.pipeline = program_->info().key;
  state.order = hex(plan_->key());
  return state;
}

Status LoaderImpl::resume(const LoaderState& saved) {
  HR_RETURN_IF_ERROR(check_process());
  HR_RETURN_IF_ERROR(compare_states(saved, state()));
  const uint64_t positions = plan_->global_batches() * global_batch();
  if (saved.consumed % global_batch() != 0 || saved.consumed > positions) {
    return {"state.position", "",
            "the state stands after " + std::to_string(saved.consumed) +
                " samples of the epoch, which is not the " + "start of one of its " +
                std::to_string(plan_->global_batches()) + " global batches of " +
                std::to_string(global_batch())};
  }
  resume_ = saved;
  return {};
}

std::vector<SampleReport> LoaderImpl::take_reports() { return std::exchange(reports_, {}); }

LoaderStats LoaderImpl::stats() const {
  LoaderStats stats;
  stats.samples = samples_.load(std::memory_order_relaxed);
  stats.batches = batches_.load(std::memory_order_relaxed);
  stats.decode_warnings = decode_warnings_.load(std::memory_order_relaxed);
  stats.failed_samples = failed_samples_.load(std::memory_order_relaxed);
  stats.consumer_wait_ns = ring_->consumer_wait_ns();
  for (const std::unique_ptr<LoaderWorker>& worker : workers_) worker->clock().add_to(stats);
  stats.io = io_->stats();
  return stats;
}

Expected<std::unique_ptr<Loader>> Loader::create(std::shared_ptr<const Dataset> dataset,
                                                 std::shared_ptr<const Program> program,
                                                 const LoaderOptions& options) {
  if (!dataset) return Status("loader.dataset", "", "no dataset was given");
  if (!program) return Status("loader.program", "", "no program was given");
  try {
    Expected<LoaderConfig> config = make_loader_config(*dataset, *program, options);
    Status status = config.status();
    Expected<std::unique_ptr<SequencePlan>> plan = Status();
    if (options.batch_size != 0) {
      plan = SequencePlan::create(dataset, options);
      status.append(plan.status());
    }
    if (!status.ok()) return status;
    HR_ASSIGN_OR_RETURN(std::unique_ptr<IoEngine> io, make_io_engine(dataset, options.io));
    auto loader = std::make_unique<LoaderImpl>(std::move(dataset), std::move(program), options,
                                               std::move(*config), std::move(*plan), std::move(io));
    HR_RETURN_IF_ERROR(loader->start());
    return std::unique_ptr<Loader>(std::move(loader));
  } catch (const std::bad_alloc&) {
    return Status("loader.memory", "", "out of memory for the loader");
  } catch (const std::system_error& e) {
    return Status("loader.threads", "", std::string("a worker thread cannot be started: ") + e.what());
  }
}

}  // namespace headrace
