#include <gtest/gtest.h>

#include <cstdio>
#include <limits>
#include <memory>

#include "runtime/loader/progress.h"

namespace headrace {
namespace {

TEST(Progress, Counts) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_count(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Progress, Rates) {
  EXPECT_EQ(format_rate(0), "0");
  EXPECT_EQ(format_rate(-3), "0");
  EXPECT_EQ(format_rate(std::numeric_limits<double>::quiet_NaN()), "0");
  EXPECT_EQ(format_rate(0.516), "0.52");
  EXPECT_EQ(format_rate(9.999), "10.0");
  EXPECT_EQ(format_rate(42.66), "42.7");
  EXPECT_EQ(format_rate(99.97), "100");
  EXPECT_EQ(format_rate(4309.6), "4,310");
}

TEST(Progress, Bytes) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(512), "512 B");
  EXPECT_EQ(format_bytes(999.6), "1.00 kB");
  EXPECT_EQ(format_bytes(1420000), "1.42 MB");
  EXPECT_EQ(format_bytes(23.14e9), "23.1 GB");
  EXPECT_EQ(format_bytes(5e18), "5000 PB");
}

TEST(Progress, Seconds) {
  EXPECT_EQ(format_seconds(0.416), "0.42 s");
  EXPECT_EQ(format_seconds(12.34), "12.3 s");
  EXPECT_EQ(format_seconds(59.97), "1 min 00 s");
  EXPECT_EQ(format_seconds(185), "3 min 05 s");
  EXPECT_EQ(format_seconds(7620), "2 h 07 min");
}

TEST(Progress, TimeLeftGrowsWithTheRest) {
  EXPECT_EQ(format_eta(0, 100, 5), "");
  EXPECT_EQ(format_eta(50, 100, 5), "ETA 5.00 s");
  EXPECT_EQ(format_eta(10, 110, 60), "ETA 10 min 00 s");
  EXPECT_EQ(format_eta(100, 100, 60), "ETA 0.00 s");
  EXPECT_EQ(format_eta(101, 100, 60), "");
}

struct CloseFile {
  void operator()(std::FILE* f) const { std::fclose(f); }
};

class ProgressLineTest : public ::testing::Test {
 protected:
  using Clock = ProgressLine::Clock;

  std::string written() const {
    std::string text(static_cast<size_t>(std::ftell(file_.get())), '\0');
    std::rewind(file_.get());
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), file_.get()), text.size());
    return text;
  }

  std::unique_ptr<std::FILE, CloseFile> file_{std::tmpfile()};
  Clock::time_point start_ = Clock::now() + std::chrono::hours(1);
  Clock::time_point after(double seconds) const {
    return start_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }
};

TEST_F(ProgressLineTest, AFileGetsALineEveryFiveSeconds) {
  ASSERT_EQ(ProgressLine::style_for(file_.get()), ProgressLine::Style::lines);
  {
    ProgressLine line(file_.get());
    line.show("at once", Clock::now());  // nothing is due yet
    for (int i = 0; i < 110; ++i) line.show(std::to_string(i), after(i * 0.1));
  }
  EXPECT_EQ(written(), "0\n50\n100\n");
}

TEST_F(ProgressLineTest, ATerminalsLineIsRewrittenCutAndTakenAway) {
  {
    ProgressLine line(file_.get(), ProgressLine::Style::rewrite);
    line.show("first", after(0));
    line.show("too early", after(0.05));
    line.show(std::string(200, 'x'), after(0.2));
  }
  EXPECT_EQ(written(), "\rfirst\x1b[K\r" + std::string(79, 'x') + "\x1b[K\r\x1b[K");
}

TEST_F(ProgressLineTest, IntervalAndSilence) {
  {
    ProgressLine line(file_.get(), ProgressLine::Style::lines);
    line.set_interval(1);
    for (int i = 0; i < 25; ++i) line.show(std::to_string(i), after(i * 0.1));
    ProgressLine none(file_.get(), ProgressLine::Style::silent);
    none.show("nothing", after(100));
  }
  EXPECT_EQ(written(), "0\n10\n20\n");
}

}  // namespace
}  // namespace headrace
