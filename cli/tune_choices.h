// What `headrace tune` tries, and what it makes of the measurements.
#pragma once

#include <cstddef>
#include <vector>

#include "headrace/schedule.h"

namespace headrace::cli {

/// How a schedule compares with the default one: their rates, divided.
struct Comparison {
  double ratio = 1;  ///< median over rounds
  double noise = 0;  ///< how far the median may be off; infinite where too few rounds were measured
  bool better() const { return ratio - noise > 1; }
};

/// From one ratio a round. The noise is three standard errors of the median, and never below half a percent.
Comparison compare(std::vector<double> ratios);

struct Measured {
  ScheduleOptions schedule;
  Comparison comparison;
};

/// The default schedule, then each value of each choice alone.
std::vector<ScheduleOptions> first_schedules();

/// Those of the measured that are better, and every combination of the best value of each choice among them.
/// Empty if none is better.
std::vector<ScheduleOptions> next_schedules(const std::vector<Measured>& measured);

/// Index of the best; the default (index 0) if none is better. Of those that are not told apart from the
/// best, the one with the fewest choices made.
size_t best_schedule(const std::vector<Measured>& measured);

}  // namespace headrace::cli
