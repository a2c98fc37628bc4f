#include "compiler/explain/recorder.h"

#include <algorithm>

#include "kernels/coefficient_rows.h"

namespace headrace::explaining {

void StageClock::clear() {
  std::fill(ticks_.begin(), ticks_.end(), 0);
  std::fill(calls_.begin(), calls_.end(), 0);
  depth_ = 0;
}

WorkCounter::WorkCounter(size_t functions) : work_(functions), slots_(kSlots) {}

void WorkCounter::enter(size_t function) {
  open_[depth_] = function;
  call_[depth_++] = ++calls_;
  ++work_[function].calls;
}

void WorkCounter::touch(Work& work, uint64_t line, uint64_t call, int64_t how) {
  Slot& slot = slots_[(line * 0x9E3779B97F4A7C15u >> 20) % kSlots];
  if (slot.line != line || slot.call != call) slot = {line, call, 0};
  const uint8_t bit = how == kRead ? 1 : 2;
  if ((slot.how & bit) != 0) return;
  slot.how |= bit;
  ++(how == kRead ? work.lines_read : work.lines_written);
  if (how == kStream) ++work.lines_streamed;
}

void WorkCounter::access(uint64_t address, uint64_t bytes, int64_t how) {
  Work& work = work_[open_[depth_ - 1]];
  (how == kRead ? work.loaded : work.stored) += bytes;
  for (uint64_t line = address / kLine; line <= (address + bytes - 1) / kLine; ++line)
    touch(work, line, call_[depth_ - 1], how);
}

void WorkCounter::foreign(size_t function, uint64_t address, uint64_t bytes, int64_t how) {
  if (bytes == 0) return;
  Work& work = work_[function];
  (how == kRead ? work.loaded : work.stored) += bytes;
  const uint64_t lines = (address + bytes - 1) / kLine - address / kLine + 1;
  (how == kRead ? work.lines_read : work.lines_written) += lines;
}

}  // namespace headrace::explaining

namespace {

headrace::explaining::StageClock& clock_at(int64_t address) {
  return *reinterpret_cast<headrace::explaining::StageClock*>(address);
}
headrace::explaining::WorkCounter& counter_at(int64_t address) {
  return *reinterpret_cast<headrace::explaining::WorkCounter*>(address);
}

}  // namespace

using headrace::explaining::WorkCounter;

int32_t hr_explain_enter(int64_t clock, int64_t function) {
  clock_at(clock).enter(size_t(function));
  return 0;
}

int32_t hr_explain_leave(int64_t clock) {
  clock_at(clock).leave();
  return 0;
}

int32_t hr_explain_call(int64_t counter, int64_t function) {
  counter_at(counter).enter(size_t(function));
  return 0;
}

int32_t hr_explain_return(int64_t counter) {
  counter_at(counter).leave();
  return 0;
}

int32_t hr_explain_block(int64_t counter, int64_t ops) {
  counter_at(counter).block(uint64_t(ops));
  return 0;
}

int32_t hr_explain_access(int64_t counter, int64_t address, int64_t bytes, int64_t how) {
  counter_at(counter).access(uint64_t(address), uint64_t(bytes), how);
  return 0;
}

int32_t hr_explain_rows(int64_t counter, int64_t function, const uint8_t* dst, int64_t stride, int64_t rows) {
  counter_at(counter).foreign(size_t(function), reinterpret_cast<uint64_t>(dst), uint64_t(stride * rows),
                              WorkCounter::kWrite);
  return 0;
}
