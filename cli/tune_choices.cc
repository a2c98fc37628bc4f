#include "cli/tune_choices.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headrace::cli {
namespace {

/// Fewer say nothing about how far rounds lie apart.
constexpr size_t kLeastRounds = 5;
constexpr double kLeastNoise = 0.005;
constexpr double kStandardErrors = 3;

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  const size_t middle = v.size() / 2;
  return v.size() % 2 == 1 ? v[middle] : (v[middle - 1] + v[middle]) / 2;
}

size_t choices_made(const ScheduleOptions& s) {
  size_t made = 0;
  for (const ScheduleField& f : schedule_fields()) made += (s.*f.member).has_value();
  return made;
}

}  // namespace

Comparison compare(std::vector<double> ratios) {
  if (ratios.empty()) return {1, std::numeric_limits<double>::infinity()};
  Comparison c{median(ratios), std::numeric_limits<double>::infinity()};
  if (ratios.size() < kLeastRounds) return c;
  const double rounds = static_cast<double>(ratios.size());
  for (double& r : ratios) r = std::abs(r - c.ratio);
  // Of normally distributed values: their deviation from the median absolute one, and the median's from
  // theirs.
  const double deviation = 1.4826 * median(std::move(ratios));
  c.noise = std::max(kLeastNoise, kStandardErrors * 1.2533 * deviation / std::sqrt(rounds));
  return c;
}

std::vector<ScheduleOptions> first_schedules() {
  std::vector<ScheduleOptions> schedules(1);
  for (const ScheduleField& f : schedule_fields()) {
    for (const int value : f.values) {
      ScheduleOptions s;
      s.*f.member = value;
      schedules.push_back(s);
    }
  }
  return schedules;
}

std::vector<ScheduleOptions> next_schedules(const std::vector<Measured>& measured) {
  std::vector<ScheduleOptions> next, combined(1);
  for (const ScheduleField& f : schedule_fields()) {
    const Measured* best = nullptr;
    for (const Measured& m : measured) {
      if (choices_made(m.schedule) != 1 || !(m.schedule.*f.member) || !m.comparison.better()) continue;
      next.push_back(m.schedule);
      if (!best || m.comparison.ratio > best->comparison.ratio) best = &m;
    }
    if (!best) continue;
    for (size_t i = 0, n = combined.size(); i < n; ++i) {
      ScheduleOptions with = combined[i];
      with.*f.member = best->schedule.*f.member;
      combined.push_back(with);
    }
  }
  for (const ScheduleOptions& s : combined) {
    if (choices_made(s) > 1) next.push_back(s);
  }
  return next;
}

size_t best_schedule(const std::vector<Measured>& measured) {
  size_t best = 0;
  for (size_t i = 1; i < measured.size(); ++i) {
    const Comparison& c = measured[i].comparison;
    if (c.better() && (best == 0 || c.ratio > measured[best].comparison.ratio)) best = i;
  }
  if (best == 0) return 0;
  const Comparison top = measured[best].comparison;
  for (size_t i = 1; i < measured.size(); ++i) {
    const Comparison& c = measured[i].comparison;
    const bool as_good = c.better() && top.ratio - c.ratio <= std::max(top.noise, c.noise);
    const size_t made = choices_made(measured[i].schedule), least = choices_made(measured[best].schedule);
    if (as_good && (made < least || (made == least && c.ratio > measured[best].comparison.ratio))) best = i;
  }
  return best;
}

}  // namespace headrace::cli
