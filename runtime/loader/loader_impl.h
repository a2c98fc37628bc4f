// The loader behind Loader::create(): its threads and the epoch they work on.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "headrace/loader.h"
#include "runtime/io/io_engine.h"
#include "runtime/loader/loader_config.h"
#include "runtime/loader/loader_worker.h"
#include "runtime/loader/rank_share.h"
#include "runtime/loader/ring.h"
#include "runtime/loader/sample_error.h"
#include "runtime/loader/sequence.h"
#include "runtime/loader/trace.h"
#include "runtime/platform/tick_clock.h"

namespace headrace {

class LoaderImpl final : public Loader {
 public:
  LoaderImpl(std::shared_ptr<const Dataset> dataset, std::shared_ptr<const Program> program,
             const LoaderOptions& options, LoaderConfig config, std::unique_ptr<SequencePlan> plan,
             std::unique_ptr<IoEngine> io);
  ~LoaderImpl() override;
  LoaderImpl(const LoaderImpl&) = delete;
  LoaderImpl& operator=(const LoaderImpl&) = delete;

  Status start();

  uint64_t batches_per_epoch() const override { return plan_->global_batches(); }
  uint64_t samples_per_epoch() const override { return plan_->samples_per_epoch(); }
  unsigned threads() const override { return config_.threads; }
  Status start_epoch(uint64_t epoch) override;
  Expected<Batch> next() override;
  bool wait(std::chrono::milliseconds timeout) override;
  LoaderState state() const override;
  Status resume(const LoaderState& state) override;
  std::vector<SampleReport> take_reports() override;
  LoaderStats stats() const override;
  Status write_trace(const std::string& path) const override;

 private:
  static constexpr uint64_t kNoFailure = UINT64_MAX;

  Status check_process() const;
  Expected<TraceTrack*> make_track(const std::string& name);
  void trace_delivery(uint64_t begin, const BatchSlot& slot);
  uint64_t rows() const { return config_.layout.rows; }
  uint64_t global_batch() const { return rows() * options_.world_size; }

  // Of the worker threads.
  void work(unsigned number);
  void run_epoch(LoaderWorker& worker);
  void make_row(LoaderWorker& worker, uint64_t position, BatchSlot& slot);
  bool make_sample(LoaderWorker& worker, uint64_t position, const SequenceItem& item, BatchSlot& slot);
  bool replace_sample(LoaderWorker& worker, uint64_t position, SampleFailure& failure, BatchSlot& slot);
  bool mix_row(uint64_t row, BatchSlot& slot);
  void report(uint64_t position, const SampleFailure& failure, std::optional<uint64_t> substitute,
              BatchSlot& slot);
  void note_failure(uint64_t position, SampleFailure&& failure);

  const std::shared_ptr<const Dataset> dataset_;
  const std::shared_ptr<const Program> program_;
  const LoaderOptions options_;
  const LoaderConfig config_;
  const std::unique_ptr<SequencePlan> plan_;
  const std::unique_ptr<IoEngine> io_;
  const platform::TickClock clock_;
  std::unique_ptr<TraceRecorder> recorder_;  // null: no trace is kept
  TraceTrack* consumer_track_ = nullptr;
  std::shared_ptr<BatchRing> ring_;  // also owned by every batch given out
  std::vector<std::unique_ptr<LoaderWorker>> workers_;
  std::vector<std::thread> threads_;

  // Of the current epoch; workers see them after entering it.
  uint64_t epoch_ = 0;
  std::optional<RankShare> share_;
  uint64_t end_position_ = 0;
  alignas(64) std::atomic<uint64_t> next_position_ = 0;
  // The first position known to have failed. Later ones need not be run: they cannot be reported.
  alignas(64) std::atomic<uint64_t> failed_position_ = kNoFailure;
  std::mutex failure_mutex_;
  SampleFailure failure_;  // of failed_position_

  // Of the consumer.
  uint64_t delivered_ = 0;             // batches of the epoch, those before a resumed state included
  std::optional<LoaderState> resume_;  // for the next start_epoch()
  std::vector<SampleReport> reports_;

  std::atomic<uint64_t> samples_ = 0, batches_ = 0, decode_warnings_ = 0, failed_samples_ = 0;
};

}  // namespace headrace
