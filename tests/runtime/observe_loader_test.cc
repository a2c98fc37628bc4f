// Statistics and traces of a loader that runs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "loader_testing.h"
#include "runtime/loader/limit.h"

namespace headrace::testing {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kSamples = 120, kBatch = 12, kEpochs = 2;
constexpr unsigned kThreads = 3;

class ObservedLoader : public ::testing::Test {
 protected:
  ObservedLoader() {
    options_.batch_size = kBatch;
    options_.threads = kThreads;
    options_.trace = true;
    folder_ = std::filesystem::temp_directory_path() / ("headrace_observed_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~ObservedLoader() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Loader> make() { return make_loader(dataset_, program_, options_); }

  /// Runs the epochs, taking `step` over each batch.
  static void run(Loader& loader, std::chrono::microseconds step = {}) {
    for (uint64_t e = 0; e < kEpochs; ++e) {
      ASSERT_TRUE(loader.start_epoch(e).ok());
      for (;;) {
        const Expected<Batch> batch = loader.next();
        ASSERT_TRUE(batch.ok()) << batch.status().to_string();
        if (!*batch) break;
        std::this_thread::sleep_for(step);
      }
    }
  }

  /// The events of each thread, by its name, in the order of the file.
  std::map<std::string, std::vector<Json>> trace_of(const Loader& loader) {
    const std::string path = (folder_ / "trace.json").string();
    const Status status = loader.write_trace(path);
    EXPECT_TRUE(status.ok()) << status.to_string();
    std::ifstream file(path);
    const Json trace = Json::parse(file);
    std::map<uint64_t, std::string> names;
    std::map<std::string, std::vector<Json>> events;
    for (const Json& e : trace["traceEvents"]) {
      if (e["name"] == "thread_name") names[e["tid"]] = e["args"]["name"];
      if (e["ph"] != "M") events[names[e["tid"]]].push_back(e);
    }
    return events;
  }

  std::shared_ptr<FakeDataset> dataset_ = std::make_shared<FakeDataset>(kSamples);
  std::shared_ptr<FakeProgram> program_ = std::make_shared<FakeProgram>();
  LoaderOptions options_;
  std::filesystem::path folder_;
};

/// Complete events are in the order of their beginnings and lie inside or behind one another. Calls `visit`
/// with each and the one it lies in, or null.
template <class Visit>
void walk(const std::vector<Json>& events, Visit&& visit) {
  std::vector<const Json*> open;
  const auto end_ns = [](const Json& e) {
    return std::llround((e["ts"].get<double>() + e["dur"].get<double>()) * 1000);
  };
  double last = 0;
  for (const Json& e : events) {
    EXPECT_GE(e["ts"].get<double>(), last);
    last = e["ts"];
    if (e["ph"] != "X") continue;
    while (!open.empty() && end_ns(*open.back()) <= std::llround(last * 1000)) open.pop_back();
    const Json* const outer = open.empty() ? nullptr : open.back();
    if (outer != nullptr) {
      EXPECT_LE(end_ns(e), end_ns(*outer)) << e << " in " << *outer;
    }
    visit(e, outer);
    open.push_back(&e);
  }
}

TEST_F(ObservedLoader, TheTraceHasEverySampleWithItsPartsAndEveryBatch) {
  program_->on_run = [](const hr_run_frame& f) {
    dawdle(f.key.sample);
    return HR_OK;
  };
  const std::unique_ptr<Loader> loader = make();
  run(*loader);
  auto events = trace_of(*loader);
  ASSERT_EQ(events.size(), kThreads + 1);

  std::vector<std::string> delivered;
  for (const Json& e : events["consumer"]) {
    if (e["name"] == "batch delivered") {
      delivered.push_back(e["args"]["epoch"].dump() + ":" + e["args"]["batch"].dump());
    } else if (e["name"] == "batches ready") {
      EXPECT_LE(e["args"]["value"], 2) << "the ring has three, and one was delivered";
    }
  }
  std::vector<std::string> expected;
  for (uint64_t e = 0; e < kEpochs; ++e) {
    for (uint64_t b = 0; b < kSamples / kBatch; ++b)
      expected.push_back(std::to_string(e) + ":" + std::to_string(b));
  }
  EXPECT_EQ(delivered, expected);

  std::map<uint64_t, std::set<uint64_t>> samples;  // of each epoch
  std::map<std::string, uint64_t> parts;
  double code_us = 0;
  for (unsigned t = 0; t < kThreads; ++t) {
    walk(events["worker " + std::to_string(t)], [&](const Json& e, const Json* outer) {
      const std::string name = e["name"];
      ++parts[name];
      if (name == "code" || name == "plan") code_us += e["dur"].get<double>();
      if (name == "sample") {
        EXPECT_EQ(outer, nullptr);
        EXPECT_TRUE(
            samples[e["args"]["epoch"].get<uint64_t>()].insert(e["args"]["sample"].get<uint64_t>()).second)
            << e;
      } else if (name == "plan" || name == "code" || name == "wait for data") {
        ASSERT_NE(outer, nullptr) << e;
        EXPECT_EQ((*outer)["name"], "sample");
        EXPECT_EQ((*outer)["args"], e["args"]);
      }
    });
  }
  ASSERT_EQ(samples.size(), kEpochs);
  for (const auto& [epoch, of_epoch] : samples) EXPECT_EQ(of_epoch.size(), kSamples) << epoch;
  EXPECT_EQ(parts["plan"], kSamples * kEpochs);
  EXPECT_EQ(parts["code"], kSamples * kEpochs);
  EXPECT_EQ(parts["decode entropy"], 0u) << "the program decodes nothing";

  const LoaderStats stats = loader->stats();
  EXPECT_NEAR(code_us * 1000, static_cast<double>(stats.code_ns), 2.0 * kSamples * kEpochs)
      << "the trace and the statistics are of the same readings of the clock";
  EXPECT_EQ(stats.entropy_ns, 0u);
  EXPECT_GT(stats.overhead_ns, 0u);
}

TEST_F(ObservedLoader, ASlowProgramIsComputeBound) {
  program_->on_run = [](const hr_run_frame&) {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    return HR_OK;
  };
  const auto start = std::chrono::steady_clock::now();
  const std::unique_ptr<Loader> loader = make();
  run(*loader);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const LoaderStats stats = loader->stats();
  EXPECT_GE(stats.code_ns, kSamples * kEpochs * 500'000u);
  EXPECT_LE(stats.code_ns + stats.io_wait_ns + stats.overhead_ns + stats.worker_wait_ns,
            static_cast<uint64_t>(seconds.count() * 1e9) * kThreads)
      << "no moment is counted twice";
  EXPECT_EQ(limit_text(limit_of(stats, kThreads, seconds.count())), "compute-bound");
}

TEST_F(ObservedLoader, ASlowConsumerIsTheLimit) {
  const auto start = std::chrono::steady_clock::now();
  const std::unique_ptr<Loader> loader = make();
  run(*loader, std::chrono::milliseconds(5));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const LoaderStats stats = loader->stats();
  EXPECT_GT(stats.worker_wait_ns, stats.code_ns);
  EXPECT_EQ(limit_text(limit_of(stats, kThreads, seconds.count())), "consumer-bound");
  uint64_t waits = 0;
  for (const auto& [thread, of_thread] : trace_of(*loader)) {
    for (const Json& e : of_thread) waits += e["name"] == "wait for buffer";
  }
  EXPECT_GT(waits, 0u);
}

TEST_F(ObservedLoader, SlowDataIsTheLimit) {
  dataset_->on_read = [](uint64_t) {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    return Status();
  };
  const auto start = std::chrono::steady_clock::now();
  const std::unique_ptr<Loader> loader = make();
  run(*loader);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const LoaderStats stats = loader->stats();
  EXPECT_GE(stats.io_wait_ns, kSamples * kEpochs * 500'000u);
  EXPECT_EQ(limit_text(limit_of(stats, kThreads, seconds.count())), "I/O-bound");
}

TEST_F(ObservedLoader, WithoutTheOptionThereIsNoTrace) {
  options_.trace = false;
  const std::unique_ptr<Loader> loader = make();
  run(*loader);
  EXPECT_EQ(loader->write_trace("trace.json").to_string(),
            "error[loader.trace] trace.json: no trace was kept; create the loader with the option `trace`");
  EXPECT_GT(loader->stats().code_ns, 0u) << "statistics are always kept";
}

}  // namespace
}  // namespace headrace::testing
