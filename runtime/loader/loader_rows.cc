// What worker threads do for each row of a batch: make its sample, deal with one that cannot be made, mix it
// with its partner.
#include <cstdio>
#include <cstring>
#include <span>
#include <utility>

#include "runtime/loader/loader_impl.h"
#include "runtime/loader/sample_error.h"

namespace headrace {
namespace {

// So many samples in a row that cannot be made are no accident.
constexpr uint32_t kMaxSubstitutes = 16;

void clear_row(uint64_t row, BatchSlot& slot) {
  for (size_t k = 0; k < slot.layout.sample_bytes.size(); ++k) {
    const size_t bytes = slot.layout.sample_bytes[k];
    std::memset(slot.output(k) + row * bytes, 0, bytes);
  }
  slot.mask[row] = 0;
}

}  // namespace

void LoaderImpl::run_epoch(LoaderWorker& worker) {
  StageClock& clock = worker.clock();
  clock.restart();
  while (!ring_->stopped()) {
    const uint64_t position = next_position_.fetch_add(1, std::memory_order_relaxed);
    if (position >= end_position_) return;
    bool waited = false;
    BatchSlot* const slot = ring_->slot_of(position / rows(), waited);
    if (slot == nullptr) return;
    if (waited) clock.lap(WorkStage::buffer_wait);
    if (position < failed_position_.load(std::memory_order_relaxed)) make_row(worker, position, *slot);
    ring_->finish_row(slot);
  }
}

void LoaderImpl::make_row(LoaderWorker& worker, uint64_t position, BatchSlot& slot) {
  const uint64_t row = position % rows();
  const SequenceItem item = share_->item(position);
  slot.sample_ids[row] = item.sample;
  worker.clock().begin_sample({epoch_, slot.batch, item.sample});
  if (item.sample == SequenceItem::kPadding) {
    clear_row(row, slot);
  } else {
    const std::span<uint8_t*> outputs = worker.outputs();
    for (size_t k = 0; k < outputs.size(); ++k)
      outputs[k] = slot.output(k) + row * config_.layout.sample_bytes[k];
    if (!make_sample(worker, position, item, slot)) return worker.clock().end_sample();
    slot.samples.fetch_add(1, std::memory_order_relaxed);
  }
  if (config_.layout.mixes && mix_row(row, slot)) worker.clock().lap(WorkStage::mix);
  worker.clock().end_sample();
}

/// False if its failure ends the epoch.
bool LoaderImpl::make_sample(LoaderWorker& worker, uint64_t position, const SequenceItem& item,
                             BatchSlot& slot) {
  slot.mask[position % rows()] = 1;
  SampleFailure failure;
  if (!worker.run({item.sample, position, {options_.seed, epoch_, item.draw_key}}, failure))
    return replace_sample(worker, position, failure, slot);
  if (const uint64_t warnings = worker.warnings(); warnings != 0)
    slot.warnings.fetch_add(warnings, std::memory_order_relaxed);
  return true;
}

bool LoaderImpl::replace_sample(LoaderWorker& worker, uint64_t position, SampleFailure& failure,
                                BatchSlot& slot) {
  const uint64_t row = position % rows();
  switch (options_.on_error) {
    case OnError::raise:
      break;
    case OnError::substitute:
      clear_row(row, slot);
      report(position, failure, std::nullopt, slot);
      return true;
    case OnError::skip:
      for (uint32_t attempt = 0; attempt < kMaxSubstitutes; ++attempt) {
        const SequenceItem other = share_->sequence().substitute(share_->global(position), attempt);
        SampleFailure also;
        if (!worker.run({other.sample, IoEngine::kNoPosition, {options_.seed, epoch_, other.draw_key}}, also))
          continue;
        slot.sample_ids[row] = other.sample;
        report(position, failure, other.sample, slot);
        return true;
      }
      failure.substitutes = kMaxSubstitutes;
      break;
  }
  note_failure(position, std::move(failure));
  return false;
}

/// The second of a pair to be finished mixes both while they are in the cache; false for the first.
bool LoaderImpl::mix_row(uint64_t row, BatchSlot& slot) {
  const uint64_t pair = row % (rows() / 2);
  if (slot.rows_of_pair[pair].fetch_add(1, std::memory_order_acq_rel) == 0) return false;
  hr_error error = {};
  hr_batch_frame frame = {};
  frame.abi_version = HR_ABI_VERSION;
  frame.key = {options_.seed, epoch_, slot.batch};
  frame.rows = rows();
  frame.begin = pair;
  frame.end = pair + 1;
  frame.mask = slot.mask.data();
  frame.outputs = slot.outputs.data();
  frame.error = &error;
  const hr_result result = program_->batch(frame);
  if (result == HR_OK) return true;
  SampleFailure failure;
  failure.sample = slot.sample_ids[row];
  failure.cause = SampleFailure::Cause::program;
  failure.result = result;
  failure.error = error;
  note_failure(slot.batch * rows() + row, std::move(failure));
  return true;
}

void LoaderImpl::report(uint64_t position, const SampleFailure& failure, std::optional<uint64_t> substitute,
                        BatchSlot& slot) {
  const uint64_t global = share_->global(position);
  SampleReport r;
  r.epoch = epoch_;
  r.global_batch = slot.batch;
  r.row = global % global_batch();
  r.sample = failure.sample;
  r.key = dataset_->key(failure.sample);
  r.error = sample_error(*dataset_, program_->info().fields, failure).errors().front();
  r.replaced = substitute.has_value();
  r.substitute = substitute.value_or(0);
  const std::lock_guard lock(slot.reports_mutex);
  slot.reports.push_back(std::move(r));
}

void LoaderImpl::note_failure(uint64_t position, SampleFailure&& failure) {
  const std::lock_guard lock(failure_mutex_);
  if (position >= failed_position_.load(std::memory_order_relaxed)) return;
  failure_ = std::move(failure);
  failed_position_.store(position, std::memory_order_relaxed);
}

}  // namespace headrace
