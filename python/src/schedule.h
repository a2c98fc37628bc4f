// Schedules: how a pipeline's code is written.
#pragma once

#include <nanobind/nanobind.h>

#include "headrace/schedule.h"

namespace headrace::python {

struct NativeSchedule {
  ScheduleOptions options;
};

/// Of none, one that leaves everything open.
inline ScheduleOptions schedule_of(const NativeSchedule* native) {
  return native == nullptr ? ScheduleOptions{} : native->options;
}

void bind_schedule(nanobind::module_& m);

}  // namespace headrace::python
