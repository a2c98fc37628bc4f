// How threads of a ring should wait for one another: worker threads make items of a given work, one consumer
// takes them in order. Compared are spinning, yielding, a condition variable, a futex, and spinning for a
// while before the futex, by the throughput that is left, the time from an item's end to the consumer having
// it, and processor time spent on waiting.
#include <linux/futex.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/platform/tick_clock.h"

namespace headrace {
namespace {

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

struct Spin {
  template <class Ready>
  void wait(Ready ready) {
    while (!ready()) pause();
  }
  void notify() {}
};

struct Yield {
  template <class Ready>
  void wait(Ready ready) {
    while (!ready()) ::sched_yield();
  }
  void notify() {}
};

struct Condition {
  template <class Ready>
  void wait(Ready ready) {
    if (ready()) return;
    std::unique_lock lock(mutex);
    wake.wait(lock, ready);
  }
  void notify() {
    const std::lock_guard lock(mutex);
    wake.notify_all();
  }
  std::mutex mutex;
  std::condition_variable wake;
};

/// Sleeps only after `kSpins` looks; wakes only if somebody sleeps.
template <int kSpins>
struct Futex {
  template <class Ready>
  void wait(Ready ready) {
    for (int i = 0; i < kSpins; ++i) {
      if (ready()) return;
      pause();
    }
    for (;;) {
      sleepers.fetch_add(1);
      const uint32_t seen = changes.load();
      const bool done = ready();
      if (!done) ::syscall(SYS_futex, &changes, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
      sleepers.fetch_sub(1);
      if (done) return;
    }
  }
  void notify() {
    changes.fetch_add(1);
    if (sleepers.load() != 0)
      ::syscall(SYS_futex, &changes, FUTEX_WAKE_PRIVATE, INT32_MAX, nullptr, nullptr, 0);
  }
  std::atomic<uint32_t> changes = 0, sleepers = 0;
};

/// Work that takes longer when the thread does not have the processor.
uint64_t compute(uint64_t steps) {
  uint64_t x = steps | 1;
  for (uint64_t i = 0; i < steps; ++i) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    __asm__ volatile("" : "+r"(x));
  }
  return x;
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

uint64_t steps_per_microsecond() {
  constexpr uint64_t kSteps = 2'000'000;
  double best = 1e9;
  for (int i = 0; i < 10; ++i) {
    const Clock::time_point start = Clock::now();
    compute(kSteps);
    best = std::min(best, seconds_since(start));
  }
  return static_cast<uint64_t>(kSteps / best / 1e6);
}

double cpu_seconds() {
  rusage r = {};
  ::getrusage(RUSAGE_SELF, &r);
  const auto s = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return s(r.ru_utime) + s(r.ru_stime);
}

struct Setting {
  int workers;
  uint64_t work_us, consumer_us;
};

struct Result {
  double rate;  ///< items/s over the most there could be
  /// Microseconds from an item's end to the consumer having it: median, 99th percentile. Where the consumer
  /// sets the pace: how long items lie in the ring.
  double latency, worst;
  double waste;  ///< microseconds of processor time per item that were no work
};

constexpr uint64_t kSlots = 8;

/// A ring with one way of waiting.
template <class Gate>
class Ring {
 public:
  Ring(const Setting& setting, uint64_t steps) : setting_(setting), steps_(steps) {}

  Result run(double least_seconds) {
    latencies_.reserve(1 << 16);
    const double cpu = cpu_seconds();
    const Clock::time_point start = Clock::now();
    std::vector<std::thread> workers;
    for (int i = 0; i < setting_.workers; ++i) workers.emplace_back([this] { work(); });
    do {
      consume();
    } while (seconds_since(start) < least_seconds);
    const double seconds = seconds_since(start);
    stop_ = true;
    space_.notify();
    for (std::thread& t : workers) t.join();
    const double spent = cpu_seconds() - cpu, n = static_cast<double>(latencies_.size());
    const double made = static_cast<double>(made_.load());
    const double one = 1e-6 * static_cast<double>(setting_.work_us),
                 taken = 1e-6 * double(setting_.consumer_us);
    const double least = std::max(one / setting_.workers, taken);
    std::sort(latencies_.begin(), latencies_.end());
    const auto at = [&](double part) {
      const auto ticks = latencies_[static_cast<size_t>(part * static_cast<double>(latencies_.size() - 1))];
      return 1e-3 * static_cast<double>(clock_.nanoseconds(ticks));
    };
    return {n * least / seconds, at(0.5), at(0.99), 1e6 * (spent - made * one - n * taken) / n};
  }

 private:
  void work() {
    for (;;) {
      const uint64_t item = next_.fetch_add(1);
      space_.wait([&] { return stop_.load() || item < taken_.load() + kSlots; });
      if (stop_) return;
      compute(steps_ * setting_.work_us);
      ++made_;
      done_[item % kSlots].store(clock_.now());
      ready_.notify();
    }
  }

  /// Takes one item.
  void consume() {
    const uint64_t item = taken_.load();
    std::atomic<uint64_t>& done = done_[item % kSlots];
    ready_.wait([&] { return done.load() != 0; });
    const uint64_t now = clock_.now(), then = done.exchange(0);
    latencies_.push_back(now - std::min(now, then));
    if (setting_.consumer_us > 0) compute(steps_ * setting_.consumer_us);
    taken_.store(item + 1);
    space_.notify();
  }

  const Setting setting_;
  const uint64_t steps_;
  platform::TickClock clock_;
  std::vector<uint64_t> latencies_;
  std::atomic<bool> stop_ = false;
  std::atomic<uint64_t> made_ = 0;
  alignas(64) std::atomic<uint64_t> next_ = 0;
  alignas(64) std::atomic<uint64_t> taken_ = 0;
  alignas(64) std::atomic<uint64_t> done_[kSlots] = {};
  alignas(64) Gate ready_;
  alignas(64) Gate space_;
};

struct Strategy {
  const char* name;
  Result (*run)(const Setting&, uint64_t steps, double seconds);
};

template <class Gate>
Result run_with(const Setting& s, uint64_t steps, double seconds) {
  return Ring<Gate>(s, steps).run(seconds);
}

constexpr Strategy kStrategies[] = {
    {"spin", run_with<Spin>},      {"yield", run_with<Yield>},         {"condition", run_with<Condition>},
    {"futex", run_with<Futex<0>>}, {"spin 2 us", run_with<Futex<50>>}, {"spin 20 us", run_with<Futex<500>>},
};

/// Strategies alternate. What is shown is the round with the highest rate: the one in which other programs
/// disturbed least.
void compare(const Setting& s, uint64_t steps, int rounds, double seconds) {
  std::vector<std::vector<Result>> results(std::size(kStrategies));
  for (int r = 0; r < rounds; ++r) {
    for (size_t i = 0; i < std::size(kStrategies); ++i)
      results[i].push_back(kStrategies[i].run(s, steps, seconds));
  }
  std::printf("\n%d worker%s, %llu us an item, consumer %llu us\n", s.workers, s.workers == 1 ? "" : "s",
              static_cast<unsigned long long>(s.work_us), static_cast<unsigned long long>(s.consumer_us));
  std::printf("%-12s %10s %14s %14s %14s\n", "waiting by", "of ideal", "latency, us", "99 %, us",
              "waste, us/item");
  for (size_t i = 0; i < std::size(kStrategies); ++i) {
    const Result& best = *std::max_element(results[i].begin(), results[i].end(),
                                           [](const Result& a, const Result& b) { return a.rate < b.rate; });
    std::printf("%-12s %9.1f%% %14.1f %14.1f %14.1f\n", kStrategies[i].name, 100 * best.rate, best.latency,
                best.worst, best.waste);
  }
  std::fflush(stdout);
}

}  // namespace
}  // namespace headrace

int main(int argc, char** argv) {
  using namespace headrace;  // NOLINT(google-build-using-namespace)
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 10;
  const double seconds = argc > 2 ? std::max(0.01, std::atof(argv[2])) : 0.05;
  const uint64_t steps = steps_per_microsecond();
  std::printf("%u processors; %d rounds of %.2f s; the best of each\n", std::thread::hardware_concurrency(),
              rounds, seconds);
  for (const Setting& s : {Setting{1, 140, 0}, Setting{2, 140, 0}, Setting{1, 10, 0}, Setting{2, 10, 0},
                           Setting{1, 70, 140}, Setting{2, 70, 140}, Setting{2, 5, 10}}) {
    compare(s, steps, rounds, seconds);
  }
}
