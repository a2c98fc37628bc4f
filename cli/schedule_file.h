// Options that say how a pipeline's code is written: a schedule file, and graph passes to leave out.
#pragma once

#include <string>
#include <vector>

#include "headrace/schedule.h"
#include "headrace/status.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace headrace::cli {

CLI::Option* add_schedule(CLI::App& app, std::string& path);
CLI::Option* add_disable(CLI::App& app, std::vector<std::string>& passes);

/// The schedule in a file; of an empty path, one that leaves everything open. Errors "schedule.*", with the
/// file's name before the JSON pointer: "fast.json#/vector_bits".
Expected<ScheduleOptions> read_schedule(const std::string& path);

/// "vector_bits 512, unroll 2"; "default" if nothing is set.
std::string schedule_text(const ScheduleOptions& schedule);

}  // namespace headrace::cli
