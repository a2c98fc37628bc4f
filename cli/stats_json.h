// Statistics as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "headrace/loader.h"
#include "runtime/platform/process_usage.h"

namespace headrace::cli {

/// {"samples", "batches", "decode_warnings", "failed_samples", "seconds": {stage: total over threads},
/// "us_per_image": {stage: microseconds}, "io": {...}}. Stages: "entropy", "code", "io_wait", "buffer_wait",
/// "overhead" of the workers, "consumer_wait" of the caller. Without samples, "us_per_image" is null.
nlohmann::ordered_json to_json(const LoaderStats& stats);

/// {"minor_faults", "major_faults", "read_bytes", "cpu_seconds"}.
nlohmann::ordered_json to_json(const platform::ProcessUsage& usage);

}  // namespace headrace::cli
