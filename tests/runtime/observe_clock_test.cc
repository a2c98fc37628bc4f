// Clocks: the machine's cheapest one, and where a worker's time goes.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "kernels/decoder.h"
#include "runtime/loader/stage_clock.h"
#include "runtime/platform/process_usage.h"
#include "runtime/platform/tick_clock.h"

namespace headrace {
namespace {

using platform::TickClock;

uint64_t steady_ns() {
  return uint64_t(std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

TEST(TickClock, CountsAsSteadyClockDoes) {
  const TickClock clock;
  // Whatever interrupts this thread, the ticks' stretch lies between the inner and the outer one.
  const uint64_t outer_begin = steady_ns(), begin = clock.now(), inner_begin = steady_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const uint64_t inner_end = steady_ns(), end = clock.now(), outer_end = steady_ns();
  const auto ns = static_cast<double>(clock.nanoseconds(end - begin));
  EXPECT_GE(ns, 0.999 * static_cast<double>(inner_end - inner_begin)) << clock.name();
  EXPECT_LE(ns, 1.001 * static_cast<double>(outer_end - outer_begin)) << clock.name();
}

TEST(TickClock, ARateOnceMeasuredStays) {
  const TickClock clock;
  constexpr uint64_t kTicks = uint64_t{1} << 50;
  const uint64_t ns = clock.nanoseconds(kTicks);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(clock.nanoseconds(kTicks), ns);
  EXPECT_GT(ns, kTicks / 100);
  EXPECT_EQ(clock.nanoseconds(0), 0u);
}

uint64_t g_now = 0;
uint64_t hand() { return g_now; }
// What a decoder reads: each stretch it measures is as long as this, and goes by while it does.
uint64_t g_decode_ticks = 0;
uint64_t hand_that_moves() { return g_now += g_decode_ticks; }

struct FreeDecoder {
  void operator()(void* decoder) const { hr_decoder_destroy(decoder); }
};

class StageClockTest : public ::testing::Test {
 protected:
  StageClockTest() { g_now = 1000, g_decode_ticks = 0; }

  void pass(uint64_t ticks) { g_now += ticks; }

  /// Makes the decoder count so many ticks, which pass.
  void decode(uint64_t ticks) {
    g_decode_ticks = ticks;
    hr_decoder_set_clock(decoder_.get(), hand_that_moves);
    const uint8_t no_jpeg[64] = {};
    int64_t window[2];
    hr_error error = {};
    g_now -= ticks;  // the clock moves when the decoder begins as well
    ASSERT_EQ(
        hr_image_open(decoder_.get(), no_jpeg, 10, 8, 8, HR_ENCODING_JPEG, 0, 0, 0, 8, 8, window, &error),
        HR_E_DECODE);
    hr_decoder_set_clock(decoder_.get(), hand);
    g_decode_ticks = 0;
  }

  LoaderStats stats(const StageClock& clock) const {
    LoaderStats s;
    clock.add_to(s);
    return s;
  }

  const TickClock ticks_{"hand", hand, 2.0};
  const std::unique_ptr<void, FreeDecoder> decoder_{hr_decoder_create(nullptr)};
};

TEST_F(StageClockTest, EveryMomentBelongsToOneStage) {
  StageClock clock(ticks_, decoder_.get(), nullptr);
  pass(7);
  clock.restart();  // these are nobody's
  pass(100);
  clock.lap(WorkStage::buffer_wait);
  clock.begin_sample({0, 0, 5});
  pass(10);
  clock.lap(WorkStage::plan);
  pass(20);
  clock.lap(WorkStage::io_wait);
  pass(30);
  decode(500);
  pass(40);
  clock.lap(WorkStage::run);
  pass(3);
  clock.lap(WorkStage::mix);
  pass(2);
  clock.end_sample();
  const LoaderStats s = stats(clock);
  EXPECT_EQ(s.worker_wait_ns, 2 * 100u);
  EXPECT_EQ(s.io_wait_ns, 2 * 20u);
  EXPECT_EQ(s.entropy_ns, 2 * 500u);
  EXPECT_EQ(s.code_ns, 2 * (10 + 30 + 40 + 3u));
  EXPECT_EQ(s.overhead_ns, 2 * 2u);
}

TEST_F(StageClockTest, AddsToWhatIsThere) {
  StageClock clock(ticks_, decoder_.get(), nullptr);
  pass(5);
  clock.lap(WorkStage::overhead);
  LoaderStats s;
  s.overhead_ns = 100;
  clock.add_to(s);
  clock.add_to(s);
  EXPECT_EQ(s.overhead_ns, 120u);
}

TEST_F(StageClockTest, AClockThatFallsBackCountsAsStandingStill) {
  StageClock clock(ticks_, decoder_.get(), nullptr);
  g_now -= 50;
  clock.lap(WorkStage::io_wait);
  g_now += 60;
  clock.lap(WorkStage::io_wait);
  EXPECT_EQ(stats(clock).io_wait_ns, 2 * 10u);
}

TEST_F(StageClockTest, DecodingOfASampleThatFailedIsNotCountedForTheNext) {
  StageClock clock(ticks_, decoder_.get(), nullptr);
  clock.begin_sample({0, 0, 1});
  decode(500);
  clock.end_sample();
  clock.begin_sample({0, 0, 2});
  pass(40);
  clock.lap(WorkStage::run);
  const LoaderStats s = stats(clock);
  EXPECT_EQ(s.entropy_ns, 0u);
  EXPECT_EQ(s.code_ns, 2 * 40u);
  EXPECT_EQ(s.overhead_ns, 2 * 500u);
}

TEST_F(StageClockTest, ATrackGetsASpanForEachLapAndTheSampleAroundThem) {
  Expected<platform::Buffer> memory = platform::Buffer::allocate(4096);
  ASSERT_TRUE(memory.ok());
  TraceTrack track("worker 0", std::move(*memory));
  StageClock clock(ticks_, decoder_.get(), &track);
  pass(5);
  clock.lap(WorkStage::overhead);
  clock.begin_sample({1, 2, 3});
  pass(10);
  clock.lap(WorkStage::plan);
  pass(20);
  clock.lap(WorkStage::io_wait);
  pass(15);
  decode(500);
  pass(15);
  clock.lap(WorkStage::run);
  pass(4);
  clock.lap(WorkStage::mix);
  pass(1);
  clock.end_sample();
  std::string text;
  for (const TraceEvent& e : track.events()) {
    EXPECT_EQ(e.place.epoch, 1u);
    EXPECT_EQ(e.place.batch, 2u);
    EXPECT_EQ(e.place.sample, 3u);
    text += std::to_string(int(e.kind)) + ":" + std::to_string(e.begin) + "-" + std::to_string(e.end) + " ";
  }
  EXPECT_EQ(text, "1:1005-1015 2:1015-1035 3:1035-1535 4:1535-1565 5:1565-1569 0:1005-1570 ");
}

TEST(ProcessUsage, FaultsOfTouchedMemoryAreCounted) {
  const platform::ProcessUsage before = platform::process_usage();
  constexpr size_t kPages = 1000, kPage = 4096;
  Expected<platform::Buffer> memory = platform::Buffer::allocate(kPages * kPage / 4);  // below a huge page
  ASSERT_TRUE(memory.ok());
  for (size_t i = 0; i < memory->size(); i += kPage) memory->data()[i] = 1;
  const platform::ProcessUsage counted = difference(platform::process_usage(), before);
  EXPECT_GE(counted.minor_faults, kPages / 4 * kPage / 65536) << "also with pages of 64 KiB";
  EXPECT_LT(counted.minor_faults, 100 * kPages);
}

TEST(ProcessUsage, DifferencesNeverWrap) {
  const platform::ProcessUsage a = {1, 2, 3, 4}, b = {10, 20, 30, 40};
  EXPECT_EQ(difference(b, a), (platform::ProcessUsage{9, 18, 27, 36}));
  EXPECT_EQ(difference(a, b), platform::ProcessUsage{});
}

}  // namespace
}  // namespace headrace
