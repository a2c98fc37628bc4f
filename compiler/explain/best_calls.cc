#include "compiler/explain/best_calls.h"

namespace headrace::explaining {

void BestCalls::add(const std::string& entry, uint64_t ticks, const StageClock* stages) {
  std::vector<Call>& calls = calls_[entry];
  const size_t number = next_[entry]++;
  if (number >= calls.size()) calls.resize(number + 1);
  Call& best = calls[number];
  if (ticks >= best.ticks) return;
  best.ticks = ticks;
  if (stages == nullptr) return;
  best.stage_ticks = stages->all_ticks();
  best.stage_calls = stages->all_calls();
}

uint64_t BestCalls::ticks() const {
  uint64_t sum = 0;
  for (const auto& [entry, calls] : calls_) {
    for (const Call& c : calls) sum += c.ticks;
  }
  return sum;
}

size_t BestCalls::calls(const std::string& entry) const {
  const auto found = calls_.find(entry);
  return found == calls_.end() ? 0 : found->second.size();
}

std::vector<uint64_t> BestCalls::stage_ticks(size_t functions) const {
  std::vector<uint64_t> sums(functions);
  for (const auto& [entry, calls] : calls_) {
    for (const Call& c : calls) {
      for (size_t i = 0; i < functions && i < c.stage_ticks.size(); ++i) sums[i] += c.stage_ticks[i];
    }
  }
  return sums;
}

std::vector<uint64_t> BestCalls::stage_calls(size_t functions) const {
  std::vector<uint64_t> sums(functions);
  for (const auto& [entry, calls] : calls_) {
    for (const Call& c : calls) {
      for (size_t i = 0; i < functions && i < c.stage_calls.size(); ++i) sums[i] += c.stage_calls[i];
    }
  }
  return sums;
}

}  // namespace headrace::explaining
