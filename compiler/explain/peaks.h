// What this processor can do at most, measured: what stage times are held against.
#pragma once

#include "compiler/codegen/compile.h"
#include "headrace/explain.h"
#include "headrace/status.h"
#include "runtime/platform/tick_clock.h"

namespace headrace::explaining {

/// Runs small loops, written in the loop IR and compiled for the target, for about 0.2 seconds.
Expected<ExplainedPeaks> measure_peaks(const codegen::Target& target, const platform::TickClock& clock);

}  // namespace headrace::explaining
