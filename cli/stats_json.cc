#include "cli/stats_json.h"

#include <array>
#include <utility>

namespace headrace::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<const char*, uint64_t LoaderStats::*>, 6> kStages = {{
    {"entropy", &LoaderStats::entropy_ns},
    {"code", &LoaderStats::code_ns},
    {"io_wait", &LoaderStats::io_wait_ns},
    {"buffer_wait", &LoaderStats::worker_wait_ns},
    {"overhead", &LoaderStats::overhead_ns},
    {"consumer_wait", &LoaderStats::consumer_wait_ns},
}};

/// Every stage's nanoseconds divided by `unit`.
Json stages(const LoaderStats& stats, double unit) {
  Json json = Json::object();
  for (const auto& [name, member] : kStages) json[name] = static_cast<double>(stats.*member) / unit;
  return json;
}

}  // namespace

Json to_json(const LoaderStats& stats) {
  Json json = {{"samples", stats.samples},
               {"batches", stats.batches},
               {"decode_warnings", stats.decode_warnings},
               {"failed_samples", stats.failed_samples}};
  json["seconds"] = stages(stats, 1e9);
  json["us_per_image"] =
      stats.samples == 0 ? Json() : stages(stats, 1e3 * static_cast<double>(stats.samples));
  json["io"] = {{"engine", io_engine_name(stats.io.engine)},
                {"why", stats.io.why},
                {"bytes_read", stats.io.bytes_read},
                {"reads", stats.io.reads},
                {"wait_seconds", static_cast<double>(stats.io.wait_ns) / 1e9},
                {"arena_bytes", stats.io.arena_bytes}};
  return json;
}

Json to_json(const platform::ProcessUsage& usage) {
  return {{"minor_faults", usage.minor_faults},
          {"major_faults", usage.major_faults},
          {"read_bytes", usage.read_bytes},
          {"cpu_seconds", static_cast<double>(usage.cpu_ns) / 1e9}};
}

}  // namespace headrace::cli
