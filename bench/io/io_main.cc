// Measures the I/O engines: cold, warm and short of memory, in each order, against a plain mapping and a file
// per sample; then what each of the usual means is worth. Writes JSON; io_report.py makes docs/io.md's tables
// and plot of it.
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bench/io/io_claims.h"
#include "bench/io/io_data.h"
#include "bench/io/io_epoch.h"
#include "bench/io/memory_group.h"
#include "runtime/platform/topology.h"

namespace headrace::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr Way kWays[] = {Way::mmap, Way::pread, Way::direct, Way::plain, Way::files};
constexpr Order kOrders[] = {Order::sequential, Order::random, Order::quasi_random};

/// Runs `work` in a process of its own, so that its page cache, address space and memory are charged to
/// nobody else. Its result as JSON; null if it was killed.
Json in_child(const std::function<Json()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) return nullptr;
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string text = work().dump();
    size_t done = 0;
    while (done < text.size())
      done += static_cast<size_t>(::write(ends[1], text.data() + done, text.size() - done));
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return Json::parse(text, nullptr, false);
}

Json to_json(const EpochResult& r) {
  if (!r.error.empty()) return {{"error", r.error}};
  return {{"seconds", r.seconds},
          {"mb_per_second", static_cast<double>(r.bytes) / r.seconds / 1e6},
          {"samples_per_second", static_cast<double>(r.samples) / r.seconds},
          {"device_mb", r.device_bytes / 1'000'000},
          {"major_faults", r.major_faults}};
}

struct Run {
  std::string state;  // cold, warm, limited
  EpochPlan plan;
  const MemoryGroup* group = nullptr;
};

constexpr double kSlowSeconds = 30;  // one round is enough then

/// How busy the machine is, by ourselves and others.
double load_average() {
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return load;
}

/// The round with the median time.
Json measure(const IoData& data, const Run& run, unsigned rounds) {
  std::vector<Json> results;
  for (unsigned i = 0; i < rounds; ++i) {
    const bool files = run.plan.way == Way::files;
    if (run.state == "warm") {
      (files ? warm_files : warm_dataset)(data);
    } else {
      (files ? drop_files : drop_dataset)(data);
    }
    Json result = in_child([&] {
      if (run.group != nullptr && !run.group->enter()) return Json{{"error", "the group cannot be entered"}};
      return to_json(run_epochs(data, run.plan));
    });
    if (!result.is_object()) result = {{"error", "the process was killed"}};
    if (result.contains("error")) return result;
    const bool slow = result["seconds"] > kSlowSeconds;
    results.push_back(std::move(result));
    if (slow) break;
  }
  std::sort(results.begin(), results.end(),
            [](const Json& a, const Json& b) { return a["seconds"] < b["seconds"]; });
  return results[results.size() / 2];
}

int run(int argc, char** argv) {
  CLI::App app{"Measures the I/O engines"};
  std::string folder, out;
  uint64_t samples = 16384, limit_mib = 0;
  unsigned rounds = 3, workers = 2;
  std::vector<std::string> states = {"cold", "warm", "limited", "claims"};
  app.add_option("--data", folder, "folder for the data; kept")->required();
  app.add_option("--out", out, "JSON file to write")->required();
  app.add_option("--samples", samples, "of 92 KB on average, twice on disk");
  app.add_option("--limit-mib", limit_mib, "memory of the limited runs; 0: a third of the data");
  app.add_option("--rounds", rounds);
  app.add_option("--workers", workers);
  app.add_option("--states", states, "what to measure: cold, warm, limited, claims")->delimiter(',');
  CLI11_PARSE(app, argc, argv);

  const IoData data = make_io_data(folder, samples);
  if (limit_mib == 0) limit_mib = data.bytes / 3 >> 20;
  std::string why;
  const auto group = MemoryGroup::create(limit_mib << 20, why);
  Json json;
  json["machine"] = {{"cpu", platform::host_facts().cpu_model},
                     {"cpus", platform::host_facts().online_cpus},
                     {"memory_mb", platform::host_facts().memory_bytes / 1'000'000}};
  json["data"] = {
      {"samples", data.samples}, {"mb", data.bytes / 1'000'000}, {"workers", workers}, {"rounds", rounds}};
  json["limit"] = {{"mib", limit_mib}, {"missing", why}};
  json["runs"] = Json::array();
  const auto wanted = [&](const std::string& state) {
    return std::find(states.begin(), states.end(), state) != states.end();
  };
  for (const std::string state : {"cold", "warm", "limited"}) {
    if (!wanted(state) || (state == "limited" && !group)) continue;
    for (const Order order : kOrders) {
      for (const Way way : kWays) {
        Run one{state, {}, state == "limited" ? group.get() : nullptr};
        one.plan.way = way;
        one.plan.order = order;
        one.plan.workers = workers;
        // The first epoch maps what is in memory, and checks the pages; without enough memory, it fills that.
        one.plan.epochs = state == "cold" ? 1 : 2;
        Json result = measure(data, one, rounds);
        std::fprintf(stderr, "%-8s %-13s %-16s %s\n", state.c_str(), name_of(order).c_str(),
                     name_of(way).c_str(), result.dump().c_str());
        result["load_average"] = load_average();
        Json row = {{"state", state}, {"order", name_of(order)}, {"way", name_of(way)}};
        row.update(result);
        json["runs"].push_back(std::move(row));
      }
    }
  }
  if (wanted("claims"))
    json["claims"] = in_child([&] {
      Json rows = Json::array();
      for (const ClaimRow& r : measure_claims(data, rounds)) {
        std::fprintf(stderr, "%-20s %-50s %10.3f %s %s\n", r.claim.c_str(), r.variant.c_str(), r.value,
                     r.unit.c_str(), r.note.c_str());
        rows.push_back({{"claim", r.claim},
                        {"variant", r.variant},
                        {"value", r.value},
                        {"unit", r.unit},
                        {"note", r.note}});
      }
      return rows;
    });
  std::ofstream(out) << json.dump(2) << '\n';
  return 0;
}

}  // namespace
}  // namespace headrace::bench

int main(int argc, char** argv) { return headrace::bench::run(argc, argv); }
