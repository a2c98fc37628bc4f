// Random schedules: any combination of the choices there are, some of them left open.
#pragma once

#include "headrace/schedule.h"
#include "tests/compiler/random_stream.h"

namespace headrace::testing {

inline ScheduleOptions random_schedule(RandomStream& random) {
  ScheduleOptions s;
  for (const ScheduleField& f : schedule_fields()) {
    if (random.percent(60)) s.*f.member = random.pick(f.values);
  }
  return s;
}

}  // namespace headrace::testing
