#include "runtime/loader/stage_clock.h"

#include <algorithm>

#include "kernels/decoder.h"

namespace headrace {

StageClock::StageClock(const platform::TickClock& clock, void* decoder, TraceTrack* track)
    : clock_(clock), decoder_(decoder), track_(track), last_(clock.now()) {
  hr_decoder_set_clock(decoder_, clock.source());
  decoder_ticks_ = hr_decoder_ticks(decoder_);
}

void StageClock::lap(WorkStage stage) noexcept {
  const uint64_t begin = last_;
  // A thread that moves to another processor may find its counter a few ticks behind.
  const uint64_t end = last_ = std::max(clock_.now(), begin);
  switch (stage) {
    case WorkStage::overhead:
      return add(kOverhead, end - begin);
    case WorkStage::plan:
      add(kCode, end - begin);
      if (track_ != nullptr) track_->span(SpanKind::plan, begin, end, place_);
      return;
    case WorkStage::io_wait:
      add(kIoWait, end - begin);
      if (track_ != nullptr) track_->span(SpanKind::io_wait, begin, end, place_);
      return;
    case WorkStage::run:
      return lap_run(begin, end);
    case WorkStage::mix:
      add(kCode, end - begin);
      if (track_ != nullptr) track_->span(SpanKind::mix, begin, end, place_);
      return;
    case WorkStage::buffer_wait:
      add(kBufferWait, end - begin);
      if (track_ != nullptr) track_->span(SpanKind::buffer_wait, begin, end, place_);
      return;
  }
}

void StageClock::lap_run(uint64_t begin, uint64_t end) noexcept {
  const uint64_t counted = hr_decoder_ticks(decoder_);
  const uint64_t entropy = std::min(counted - decoder_ticks_, end - begin);
  decoder_ticks_ = counted;
  add(kEntropy, entropy);
  add(kCode, end - begin - entropy);
  if (track_ == nullptr) return;
  // Both come in many pieces by turns; the trace shows their sums one after the other.
  if (entropy != 0) track_->span(SpanKind::entropy, begin, begin + entropy, place_);
  track_->span(SpanKind::code, begin + entropy, end, place_);
}

void StageClock::begin_sample(const TracePlace& place) noexcept {
  place_ = place;
  sample_begin_ = last_;
  decoder_ticks_ = hr_decoder_ticks(decoder_);  // what a sample that failed has left
}

void StageClock::end_sample() noexcept {
  lap(WorkStage::overhead);
  if (track_ != nullptr) track_->span(SpanKind::sample, sample_begin_, last_, place_);
}

void StageClock::add_to(LoaderStats& stats) const {
  const auto ns = [this](Total total) {
    return clock_.nanoseconds(totals_[total].load(std::memory_order_relaxed));
  };
  stats.overhead_ns += ns(kOverhead);
  stats.io_wait_ns += ns(kIoWait);
  stats.entropy_ns += ns(kEntropy);
  stats.code_ns += ns(kCode);
  stats.worker_wait_ns += ns(kBufferWait);
}

}  // namespace headrace
