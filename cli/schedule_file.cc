#include "cli/schedule_file.h"

#include <CLI/CLI.hpp>
#include <cstdint>

#include "runtime/platform/file_io.h"

namespace headrace::cli {
namespace {

/// A longer text is no schedule.
constexpr uint64_t kMaxScheduleBytes = 64u << 10;

}  // namespace

CLI::Option* add_schedule(CLI::App& app, std::string& path) {
  return app
      .add_option("--schedule", path,
                  "how code is written, as `headrace tune` finds it; changes the speed, never the bytes")
      ->type_name("FILE");
}

CLI::Option* add_disable(CLI::App& app, std::vector<std::string>& passes) {
  return app.add_option("--disable", passes, "graph pass to leave out; can be given several times")
      ->type_name("PASS")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

Expected<ScheduleOptions> read_schedule(const std::string& path) {
  if (path.empty()) return ScheduleOptions{};
  HR_ASSIGN_OR_RETURN(const platform::OpenFile file, platform::OpenFile::read_only(path, "schedule.file"));
  std::vector<uint8_t> bytes;
  HR_RETURN_IF_ERROR(platform::read_all(file, kMaxScheduleBytes, path, "schedule.file", bytes));
  Expected<ScheduleOptions> schedule = parse_schedule(std::string(bytes.begin(), bytes.end()));
  if (schedule.ok()) return schedule;
  Status in_file;
  const Status status = schedule.status();
  for (const Diagnostic& d : status.errors()) {
    in_file.add(d.code, d.where.empty() ? path : path + (d.where.front() == '/' ? "#" : ": ") + d.where,
                d.message);
  }
  return in_file;
}

std::string schedule_text(const ScheduleOptions& schedule) {
  std::string text;
  for (const ScheduleField& f : schedule_fields()) {
    const std::optional<int>& value = schedule.*f.member;
    if (value) text += (text.empty() ? "" : ", ") + std::string(f.name) + " " + std::to_string(*value);
  }
  return text.empty() ? "default" : text;
}

}  // namespace headrace::cli
