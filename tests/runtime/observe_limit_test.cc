// What limits a run.
#include <gtest/gtest.h>

#include <string>

#include "runtime/loader/limit.h"

namespace headrace {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

/// Two threads for ten seconds, all of it accounted for.
struct Times {
  uint64_t consumer_wait = 0, buffer_wait = 0, io_wait = 0, entropy = 0, code = 0, overhead = 0;  ///< seconds
};

std::string limit(const Times& t, unsigned threads = 2, double seconds = 10) {
  LoaderStats s;
  s.consumer_wait_ns = t.consumer_wait * kSecond;
  s.worker_wait_ns = t.buffer_wait * kSecond;
  s.io_wait_ns = t.io_wait * kSecond;
  s.entropy_ns = t.entropy * kSecond;
  s.code_ns = t.code * kSecond;
  s.overhead_ns = t.overhead * kSecond;
  return std::string(limit_text(limit_of(s, threads, seconds)));
}

TEST(Limit, WhoeverWaitsLessSetsThePace) {
  EXPECT_EQ(limit({.consumer_wait = 0, .buffer_wait = 18, .code = 2}), "consumer-bound");
  EXPECT_EQ(limit({.consumer_wait = 9, .buffer_wait = 0, .code = 20}), "compute-bound");
  // Workers waited 8 of 20 seconds, the caller 3 of 10 or 5 of 10.
  EXPECT_EQ(limit({.consumer_wait = 3, .buffer_wait = 8, .code = 12}), "consumer-bound");
  EXPECT_EQ(limit({.consumer_wait = 5, .buffer_wait = 8, .code = 12}), "compute-bound");
  EXPECT_EQ(limit({.consumer_wait = 5, .buffer_wait = 8, .code = 12}, 1), "consumer-bound")
      << "8 of 10 seconds";
  EXPECT_EQ(limit({.consumer_wait = 4, .buffer_wait = 8, .code = 12}), "consumer-bound") << "a draw";
}

TEST(Limit, DataIsTheLimitIfItTakesHalfOfTheWorkersTime) {
  EXPECT_EQ(limit({.consumer_wait = 9, .io_wait = 10, .entropy = 9, .code = 1}), "I/O-bound");
  EXPECT_EQ(limit({.consumer_wait = 9, .io_wait = 9, .entropy = 6, .code = 4}), "decode-bound");
}

TEST(Limit, OtherwiseTheLargestPartOfTheWork) {
  EXPECT_EQ(limit({.consumer_wait = 9, .entropy = 12, .code = 6, .overhead = 2}), "decode-bound");
  EXPECT_EQ(limit({.consumer_wait = 9, .entropy = 6, .code = 12, .overhead = 2}), "compute-bound");
  EXPECT_EQ(limit({.consumer_wait = 9, .entropy = 6, .code = 6, .overhead = 8}), "loader-bound");
}

TEST(Limit, NothingIsSaidBeforeAnythingWasCounted) {
  EXPECT_EQ(limit({}), "");
  EXPECT_EQ(limit({.consumer_wait = 9}), "") << "the first sample is not finished yet";
  EXPECT_EQ(limit({.consumer_wait = 9, .code = 1}, 2, 0), "");
  EXPECT_EQ(limit({.consumer_wait = 9, .code = 1}, 0), "");
}

TEST(Limit, DifferencesOfTotals) {
  LoaderStats a, b;
  uint64_t n = 1;
  for (auto member : {&LoaderStats::samples, &LoaderStats::batches, &LoaderStats::decode_warnings,
                      &LoaderStats::failed_samples, &LoaderStats::consumer_wait_ns,
                      &LoaderStats::worker_wait_ns, &LoaderStats::io_wait_ns, &LoaderStats::entropy_ns,
                      &LoaderStats::code_ns, &LoaderStats::overhead_ns}) {
    a.*member = n;
    b.*member = 10 * n++;
  }
  a.io = {IoEngineKind::mmap, "before", 1, 2, 3, 4};
  b.io = {IoEngineKind::pread, "after", 11, 22, 33, 44};
  const LoaderStats d = difference(b, a);
  EXPECT_EQ(d.samples, 9u);
  EXPECT_EQ(d.batches, 18u);
  EXPECT_EQ(d.decode_warnings, 27u);
  EXPECT_EQ(d.failed_samples, 36u);
  EXPECT_EQ(d.consumer_wait_ns, 45u);
  EXPECT_EQ(d.worker_wait_ns, 54u);
  EXPECT_EQ(d.io_wait_ns, 63u);
  EXPECT_EQ(d.entropy_ns, 72u);
  EXPECT_EQ(d.code_ns, 81u);
  EXPECT_EQ(d.overhead_ns, 90u);
  EXPECT_EQ(d.io.bytes_read, 10u);
  EXPECT_EQ(d.io.reads, 20u);
  EXPECT_EQ(d.io.wait_ns, 30u);
  EXPECT_EQ(d.io.engine, IoEngineKind::pread);
  EXPECT_EQ(d.io.why, "after");
  EXPECT_EQ(d.io.arena_bytes, 44u);
  EXPECT_EQ(difference(a, b).code_ns, 0u) << "never wraps";
}

}  // namespace
}  // namespace headrace
