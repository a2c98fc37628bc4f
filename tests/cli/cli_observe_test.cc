// The progress line of a run, and statistics as JSON.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/run_progress.h"
#include "cli/stats_json.h"

namespace headrace::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kWide = 1000;

ProgressFacts example() {
  ProgressFacts f;
  f.epoch = 3;
  f.done = 1234;
  f.batches = 5004;
  f.run_done = 43;
  f.run_batches = 100;
  f.images_per_second = 6910;
  f.bytes_per_second = 1.04e9;
  f.seconds_left = 125;
  f.limit = Limit::decode;
  return f;
}

TEST(ProgressText, SaysEverythingWhereThereIsRoom) {
  EXPECT_EQ(progress_text(example(), kWide),
            "[====>     ] 43 % epoch 3: 1,234 of 5,004 batches, 6,910 images/s, 1.04 GB/s read, "
            "ETA 2 min 05 s, decode-bound");
  EXPECT_EQ(
      progress_text(example(), kWide, false),
      "43 % epoch 3: 1,234 of 5,004 batches, 6,910 images/s, 1.04 GB/s read, ETA 2 min 05 s, decode-bound");
}

TEST(ProgressText, LeavesOutWhatMattersLeast) {
  const std::string whole = progress_text(example(), kWide);
  EXPECT_EQ(progress_text(example(), whole.size()), whole);
  EXPECT_EQ(progress_text(example(), whole.size() - 1),
            "[====>     ] 43 % epoch 3: 1,234, 6,910 images/s, 1.04 GB/s read, ETA 2 min 05 s, decode-bound");
  EXPECT_EQ(progress_text(example(), 80),
            "[====>     ] 43 % epoch 3: 1,234, 6,910 images/s, ETA 2 min 05 s, decode-bound");
  EXPECT_EQ(progress_text(example(), 70),
            "43 % epoch 3: 1,234, 6,910 images/s, ETA 2 min 05 s, decode-bound");
  EXPECT_EQ(progress_text(example(), 60), "43 % epoch 3: 1,234, 6,910 images/s, ETA 2 min 05 s");
  EXPECT_EQ(progress_text(example(), 40), "43 % epoch 3: 1,234, 6,910 images/s");
  EXPECT_EQ(progress_text(example(), 1), ", 6,910 images/s");
}

TEST(ProgressText, TheBarGoesFromEmptyToFull) {
  ProgressFacts f = example();
  const auto bar = [&](uint64_t done) {
    f.run_done = done;
    return progress_text(f, kWide).substr(0, 18);
  };
  EXPECT_EQ(bar(0), "[>         ] 0 % e");
  EXPECT_EQ(bar(9), "[>         ] 9 % e");
  EXPECT_EQ(bar(10), "[=>        ] 10 % ");
  EXPECT_EQ(bar(99), "[=========>] 99 % ");
  EXPECT_EQ(bar(100), "[==========] 100 %");
  EXPECT_EQ(bar(200), "[==========] 100 %");
}

TEST(ProgressText, SaysNothingAboutWhatIsNotKnown) {
  ProgressFacts f;
  f.batches = 1;
  EXPECT_EQ(progress_text(f, kWide), "[>         ] 0 % epoch 0: 0 of 1 batch, 0 images/s, 0 B/s read");
}

struct CloseFile {
  void operator()(std::FILE* f) const { std::fclose(f); }
};

class RunProgressTest : public ::testing::Test {
 protected:
  using Clock = RunProgress::Clock;

  static LoaderStats stats(uint64_t samples) {
    LoaderStats s;
    s.samples = samples;
    s.io.bytes_read = samples * 1000;
    s.consumer_wait_ns = samples * 1'000'000;
    s.code_ns = samples * 1'000'000;
    return s;
  }

  Clock::time_point after(double seconds) const {
    return start_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }

  std::string written() const {
    std::string text(static_cast<size_t>(std::ftell(file_.get())), '\0');
    std::rewind(file_.get());
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), file_.get()), text.size());
    return text;
  }

  const std::unique_ptr<std::FILE, CloseFile> file_{std::tmpfile()};
  const Clock::time_point start_ = Clock::now() + std::chrono::hours(1);
};

TEST_F(RunProgressTest, RatesAreThoseOfTheLastTenSeconds) {
  // 100 batches of 10 an epoch; two epochs.
  RunProgress progress(file_.get(), ProgressLine::Style::lines, {100, 0, 200, 2}, start_);
  progress.show(0, 50, stats(500), after(5));     // 100 images/s
  progress.show(0, 51, stats(510), after(6));     // not due
  progress.show(0, 60, stats(600), after(10));    // 600 in 10 s
  progress.show(0, 61, stats(610), after(15));    // 110 since 5 s
  progress.show(1, 0, stats(1000), after(20));    // 400 since 10 s, the next epoch
  progress.show(1, 100, stats(2000), after(25));  // the end
  EXPECT_EQ(written(),
            "25 % epoch 0: 50 of 100 batches, 100 images/s, 100 kB/s read, ETA 15.0 s, compute-bound\n"
            "30 % epoch 0: 60 of 100 batches, 60.0 images/s, 60.0 kB/s read, ETA 23.3 s, compute-bound\n"
            "30 % epoch 0: 61 of 100 batches, 11.0 images/s, 11.0 kB/s read, ETA 2 min 06 s, compute-bound\n"
            "50 % epoch 1: 0 of 100 batches, 40.0 images/s, 40.0 kB/s read, ETA 25.0 s, compute-bound\n"
            "100 % epoch 1: 100 of 100 batches, 139 images/s, 139 kB/s read, ETA 0.00 s, compute-bound\n");
}

TEST_F(RunProgressTest, AResumedRunCountsFromWhereItBegan) {
  // From batch 50 of epoch 2 to batch 25 of epoch 3.
  RunProgress progress(file_.get(), ProgressLine::Style::lines, {100, 250, 325, 2}, start_);
  progress.show(2, 65, stats(150), after(5));
  EXPECT_EQ(written(),
            "20 % epoch 2: 65 of 100 batches, 30.0 images/s, 30.0 kB/s read, ETA 20.0 s, compute-bound\n");
}

TEST_F(RunProgressTest, ATerminalHasABarAndALimitedWidth) {
  {
    RunProgress progress(file_.get(), ProgressLine::Style::rewrite, {100, 0, 100, 2}, start_);
    EXPECT_TRUE(progress.due(after(0.2)));
    progress.show(0, 50, stats(500), after(1));
    progress.clear();
  }
  // 79 columns, as the file has no width.
  EXPECT_EQ(written(),
            "\r[=====>    ] 50 % epoch 0: 50, 500 images/s, ETA 1.00 s, compute-bound\x1b[K\r\x1b[K");
}

TEST(StatsJson, TotalsAndMicrosecondsPerImage) {
  LoaderStats s;
  s.samples = 1000;
  s.batches = 4;
  s.decode_warnings = 2;
  s.failed_samples = 1;
  s.consumer_wait_ns = 500'000'000;
  s.worker_wait_ns = 250'000'000;
  s.io_wait_ns = 4'000'000;
  s.entropy_ns = 60'000'000;
  s.code_ns = 70'000'000;
  s.overhead_ns = 1'000'000;
  s.io = {IoEngineKind::pread, "because", 123, 45, 6'000'000'000, 789};
  EXPECT_EQ(to_json(s).dump(1), Json::parse(R"({
    "samples": 1000, "batches": 4, "decode_warnings": 2, "failed_samples": 1,
    "seconds": {"entropy": 0.06, "code": 0.07, "io_wait": 0.004, "buffer_wait": 0.25, "overhead": 0.001,
                "consumer_wait": 0.5},
    "us_per_image": {"entropy": 60.0, "code": 70.0, "io_wait": 4.0, "buffer_wait": 250.0, "overhead": 1.0,
                     "consumer_wait": 500.0},
    "io": {"engine": "pread", "why": "because", "bytes_read": 123, "reads": 45, "wait_seconds": 6.0,
           "arena_bytes": 789}})")
                                    .dump(1));
}

TEST(StatsJson, WithoutSamplesThereIsNothingPerImage) {
  EXPECT_TRUE(to_json(LoaderStats{})["us_per_image"].is_null());
}

TEST(StatsJson, ProcessUsage) {
  EXPECT_EQ(to_json(platform::ProcessUsage{1, 2, 3, 4'500'000'000}).dump(),
            R"({"minor_faults":1,"major_faults":2,"read_bytes":3,"cpu_seconds":4.5})");
}

}  // namespace
}  // namespace headrace::cli
