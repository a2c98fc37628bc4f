// Traces: what is kept, and the file that viewers read.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "runtime/loader/trace.h"

namespace headrace {
namespace {

using Json = nlohmann::json;

uint64_t g_now = 0;
uint64_t hand() { return g_now; }

class TraceTest : public ::testing::Test {
 protected:
  TraceTest() {
    g_now = 5000;
    folder_ = std::filesystem::temp_directory_path() / ("headrace_trace_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~TraceTest() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return (folder_ / "trace.json").string(); }

  static TraceTrack& track(TraceRecorder& recorder, const std::string& name) {
    Expected<TraceTrack*> track = recorder.track(name);
    EXPECT_TRUE(track.ok()) << track.status().to_string();
    return **track;
  }

  Json written(const TraceRecorder& recorder) const {
    const Status status = recorder.write(path());
    EXPECT_TRUE(status.ok()) << status.to_string();
    std::ifstream file(path());
    return Json::parse(file);
  }

  /// The events with a time, in the order of the file.
  static std::vector<Json> timed(const Json& trace) {
    std::vector<Json> events;
    for (const Json& e : trace["traceEvents"]) {
      if (e["ph"] != "M") events.push_back(e);
    }
    return events;
  }

  const platform::TickClock clock_{"hand", hand, 0.5};  // two ticks are a nanosecond
  std::filesystem::path folder_;
};

TEST_F(TraceTest, EveryKindOfEvent) {
  TraceRecorder recorder(clock_, {.process_name = "headrace rank 2 of 4", .rank = 2, .tracks = 2});
  TraceTrack& consumer = track(recorder, "consumer");
  TraceTrack& worker = track(recorder, "worker 0");
  const TracePlace place = {3, 14, 159};
  for (const SpanKind kind :
       {SpanKind::sample, SpanKind::plan, SpanKind::io_wait, SpanKind::entropy, SpanKind::code, SpanKind::mix,
        SpanKind::buffer_wait, SpanKind::consumer_wait, SpanKind::delivered}) {
    const uint64_t begin = 7000 + 10'000 * static_cast<uint64_t>(kind);
    (kind == SpanKind::consumer_wait || kind == SpanKind::delivered ? consumer : worker)
        .span(kind, begin, begin + 2468, place);
  }
  consumer.counter(TraceCounter::batches_ready, 6000, 2);
  worker.counter(TraceCounter::bytes_read, 6004, 18'446'744'073'709'551'615u);

  const Json trace = written(recorder);
  EXPECT_EQ(trace["otherData"]["clock"], "hand");
  EXPECT_EQ(trace["otherData"]["lost_events"], 0);
  EXPECT_EQ(trace["otherData"]["writer"], "headrace " HEADRACE_VERSION);
  EXPECT_GT(trace["otherData"]["begin_unix_ms"], 1'600'000'000'000);
  const Json expected = Json::parse(R"([
    {"ph":"M","pid":3,"tid":0,"name":"process_name","args":{"name":"headrace rank 2 of 4"}},
    {"ph":"M","pid":3,"tid":1,"name":"thread_name","args":{"name":"consumer"}},
    {"ph":"M","pid":3,"tid":1,"name":"thread_sort_index","args":{"sort_index":0}},
    {"ph":"M","pid":3,"tid":2,"name":"thread_name","args":{"name":"worker 0"}},
    {"ph":"M","pid":3,"tid":2,"name":"thread_sort_index","args":{"sort_index":1}},
    {"ph":"C","pid":3,"tid":1,"ts":0.5,"name":"batches ready","args":{"value":2}},
    {"ph":"X","pid":3,"tid":1,"ts":36.0,"dur":1.234,"name":"consumer wait","args":{"epoch":3,"batch":14}},
    {"ph":"i","pid":3,"tid":1,"ts":41.0,"s":"t","name":"batch delivered","args":{"epoch":3,"batch":14}},
    {"ph":"C","pid":3,"tid":2,"ts":0.502,"name":"bytes read","args":{"value":18446744073709551615}},
    {"ph":"X","pid":3,"tid":2,"ts":1.0,"dur":1.234,"name":"sample","args":{"epoch":3,"batch":14,"sample":159}},
    {"ph":"X","pid":3,"tid":2,"ts":6.0,"dur":1.234,"name":"plan","args":{"epoch":3,"batch":14,"sample":159}},
    {"ph":"X","pid":3,"tid":2,"ts":11.0,"dur":1.234,"name":"wait for data","args":{"epoch":3,"batch":14,"sample":159}},
    {"ph":"X","pid":3,"tid":2,"ts":16.0,"dur":1.234,"name":"decode entropy","args":{"epoch":3,"batch":14,"sample":159}},
    {"ph":"X","pid":3,"tid":2,"ts":21.0,"dur":1.234,"name":"code","args":{"epoch":3,"batch":14,"sample":159}},
    {"ph":"X","pid":3,"tid":2,"ts":26.0,"dur":1.234,"name":"mix","args":{"epoch":3,"batch":14}},
    {"ph":"X","pid":3,"tid":2,"ts":31.0,"dur":1.234,"name":"wait for buffer","args":{}}])");
  EXPECT_EQ(trace["traceEvents"], expected) << trace["traceEvents"].dump(1);
}

TEST_F(TraceTest, WhatLiesInsideComesAfterWhatItLiesIn) {
  TraceRecorder recorder(clock_, {});
  TraceTrack& worker = track(recorder, "worker");
  // As a worker writes: the parts of a sample, then the sample. Ends that fall between nanoseconds.
  uint64_t at = 5000;
  for (uint64_t s = 0; s < 50; ++s) {
    const uint64_t begin = at;
    for (const SpanKind kind : {SpanKind::plan, SpanKind::io_wait, SpanKind::entropy, SpanKind::code}) {
      const uint64_t end = at + 2001 + 2 * s + static_cast<uint64_t>(kind);
      worker.span(kind, at, end, {0, 0, s});
      at = end;
    }
    worker.span(SpanKind::sample, begin, at, {0, 0, s});
  }
  std::vector<Json> open;
  double last = -1;
  size_t samples = 0, parts = 0;
  for (const Json& e : timed(written(recorder))) {
    const double begin = e["ts"], end = begin + e["dur"].get<double>();
    EXPECT_GE(begin, last);
    last = begin;
    if (e["name"] == "sample") {
      ++samples;
      open = {e};
      continue;
    }
    ++parts;
    ASSERT_FALSE(open.empty());
    EXPECT_EQ(open[0]["args"]["sample"], e["args"]["sample"]);
    EXPECT_LE(end, open[0]["ts"].get<double>() + open[0]["dur"].get<double>() + 1e-9);
  }
  EXPECT_EQ(samples, 50u);
  EXPECT_EQ(parts, 200u);
}

TEST_F(TraceTest, WaitsThatAreNoneAreLeftOut) {
  TraceRecorder recorder(clock_, {});
  TraceTrack& worker = track(recorder, "worker");
  worker.span(SpanKind::io_wait, 6000, 6000 + 1998, {});
  worker.span(SpanKind::plan, 8000, 8010, {});
  worker.span(SpanKind::io_wait, 9000, 9000 + 2000, {});
  const std::vector<Json> events = timed(written(recorder));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]["name"], "plan");
  EXPECT_EQ(events[1]["dur"], 1.0);
}

TEST_F(TraceTest, TimesBeforeTheBeginningAreItsBeginning) {
  TraceRecorder recorder(clock_, {});
  track(recorder, "worker").span(SpanKind::plan, 4000, 6000, {});
  const std::vector<Json> events = timed(written(recorder));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]["ts"], 0.0);
  EXPECT_EQ(events[0]["dur"], 0.5);
}

TEST_F(TraceTest, TheLastEventsAreKeptAndTheOthersCounted) {
  TraceRecorder recorder(clock_, {.tracks = 2, .memory_bytes = 2});
  TraceTrack& full = track(recorder, "full");
  TraceTrack& other = track(recorder, "other");
  const uint64_t kept = full.capacity();
  ASSERT_GE(kept, 1u);
  for (uint64_t i = 0; i < kept; ++i) full.span(SpanKind::plan, 5000 + 2 * i, 5000 + 2 * i, {0, 0, i});
  EXPECT_EQ(full.lost(), 0u);
  EXPECT_EQ(full.events().size(), kept);
  for (uint64_t i = kept; i < 3 * kept; ++i) full.span(SpanKind::plan, 5000 + 2 * i, 5000 + 2 * i, {0, 0, i});
  other.span(SpanKind::plan, 5000, 5000, {});
  EXPECT_EQ(full.lost(), 2 * kept);
  EXPECT_EQ(recorder.lost(), 2 * kept);
  const std::vector<TraceEvent> events = full.events();
  ASSERT_EQ(events.size(), kept);
  for (uint64_t i = 0; i < kept; ++i) EXPECT_EQ(events[i].place.sample, 2 * kept + i);
  const Json trace = written(recorder);
  EXPECT_EQ(trace["otherData"]["lost_events"], 2 * kept);
  const std::vector<Json> shown = timed(trace);
  ASSERT_EQ(shown.size(), kept + 2);
  Json mark = {{"ph", "i"}, {"pid", 1}, {"tid", 1}, {"s", "t"}, {"name", "earlier events lost"}};
  mark["ts"] = shown[1]["ts"];
  mark["args"] = {{"events", 2 * kept}};
  EXPECT_EQ(shown[0], mark);
}

TEST_F(TraceTest, NamesMayHoldAnything) {
  TraceRecorder recorder(clock_, {.process_name = "a \"b\" \\ \n\x01 \xc3\xa9"});
  EXPECT_EQ(written(recorder)["traceEvents"][0]["args"]["name"], "a \"b\" \\ \n\x01 \xc3\xa9");
}

TEST_F(TraceTest, ALongTraceIsWrittenWhole) {
  TraceRecorder recorder(clock_, {});
  TraceTrack& worker = track(recorder, "worker");
  for (uint64_t i = 0; i < 30'000; ++i) worker.span(SpanKind::code, 5000 + 4 * i, 5002 + 4 * i, {1, 2, i});
  const std::vector<Json> events = timed(written(recorder));
  EXPECT_GT(std::filesystem::file_size(path()), 3u << 20);
  ASSERT_EQ(events.size(), 30'000u);
  for (uint64_t i = 0; i < events.size(); ++i) ASSERT_EQ(events[i]["args"]["sample"], i);
}

TEST_F(TraceTest, AnEarlierTraceIsReplacedAndFoldersAreNotMade) {
  std::ofstream(path()) << "earlier";
  const TraceRecorder recorder(clock_, {});
  EXPECT_EQ(timed(written(recorder)).size(), 0u);
  const std::string nowhere = (folder_ / "none" / "t.json").string();
  EXPECT_EQ(recorder.write(nowhere).to_string(),
            "error[data.io] " + nowhere + ": cannot be created: its folder does not exist");
}

TEST_F(TraceTest, NoMemoryIsAnError) {
  TraceRecorder recorder(clock_, {.memory_bytes = uint64_t{1} << 60});
  const Expected<TraceTrack*> track = recorder.track("huge");
  ASSERT_FALSE(track.ok());
  EXPECT_EQ(
      track.status().to_string(),
      "error[loader.memory] a track of the trace: 1152921504606846976 bytes of memory cannot be allocated: "
      "Cannot allocate memory");
}

// The writer goes round many times while the reader looks: what it sees is whole and without gaps.
TEST_F(TraceTest, ReadersSeeWholeEventsWhileTheyAreWritten) {
  TraceRecorder recorder(clock_, {.memory_bytes = 1});
  TraceTrack& worker = track(recorder, "worker");
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (uint64_t n = 0; !stop; ++n) {
      worker.span(SpanKind::code, n, n + 1, {n % 1000, 3 * n, 5 * n});
      for (int i = 0; i < 30 && !stop; ++i) {  // slower than reading
      }
    }
  });
  while (worker.lost() == 0) std::this_thread::yield();
  uint64_t seen = 0, looks = 0;
  for (; looks < 1'000'000 && seen < 300'000; ++looks) {
    const std::vector<TraceEvent> events = worker.events();
    seen += events.size();
    bool whole = events.size() <= worker.capacity();
    for (size_t i = 0; i < events.size(); ++i) {
      const TraceEvent& e = events[i];
      const uint64_t n = events[0].begin + i;
      whole = whole && e.begin == n && e.end == n + 1 && e.place.epoch == n % 1000 &&
              e.place.batch == 3 * n && e.place.sample == 5 * n && e.kind == SpanKind::code && !e.is_counter;
    }
    if (!whole) break;
  }
  stop = true;
  writer.join();
  EXPECT_GE(seen, 300'000u) << "after " << looks << " looks";
}

}  // namespace
}  // namespace headrace
