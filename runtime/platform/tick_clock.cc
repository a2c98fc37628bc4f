#include "runtime/platform/tick_clock.h"

#include <chrono>
#include <fstream>
#include <string>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace headrace::platform {
namespace {

uint64_t steady_ns() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

#if defined(__x86_64__)
constexpr const char* kCounterName = "tsc";

uint64_t counter() { return __rdtsc(); }

/// Whether it counts at one rate whatever the processor's clock does, and alike on all processors.
bool counter_is_steady() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kPowerLeaf = 0x80000007u, kInvariant = 1u << 8;
  if (__get_cpuid(kPowerLeaf, &a, &b, &c, &d) == 0 || (d & kInvariant) == 0) return false;
  // The kernel strikes it off its list when processors turn out to disagree.
  std::ifstream list("/sys/devices/system/clocksource/clocksource0/available_clocksource");
  bool listed = false, any = false;
  for (std::string name; list >> name;) {
    any = true;
    listed = listed || name == "tsc";
  }
  return listed || !any;
}

double known_ns_per_tick() { return 0; }
#elif defined(__aarch64__)
constexpr const char* kCounterName = "cntvct";

uint64_t counter() {
  uint64_t ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
}

bool counter_is_steady() { return true; }

double known_ns_per_tick() {
  uint64_t per_second;
  __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(per_second));
  return per_second == 0 ? 0 : 1e9 / static_cast<double>(per_second);
}
#else
constexpr const char* kCounterName = "steady_clock";

uint64_t counter() { return steady_ns(); }

bool counter_is_steady() { return false; }

double known_ns_per_tick() { return 0; }
#endif

struct Reading {
  uint64_t ticks, ns;
};

/// Both clocks at one moment: of a few tries the one that took least time, as others were interrupted.
Reading read_both(TickClock::Source source) {
  Reading best{};
  uint64_t shortest = UINT64_MAX;
  for (int i = 0; i < 5; ++i) {
    const uint64_t before = source(), ns = steady_ns(), took = source() - before;
    if (took >= shortest) continue;
    shortest = took;
    best = {before + took / 2, ns};
  }
  return best;
}

}  // namespace

TickClock::TickClock() : source_(counter), name_(kCounterName) {
  static const bool steady = counter_is_steady();
  if (!steady) {
    source_ = steady_ns;
    name_ = "steady_clock";
    ns_per_tick_ = 1;
    return;
  }
  ns_per_tick_ = known_ns_per_tick();
  const Reading begin = read_both(source_);
  begin_ticks_ = begin.ticks;
  begin_ns_ = begin.ns;
}

double TickClock::ns_per_tick() const {
  double rate = ns_per_tick_.load(std::memory_order_relaxed);
  if (rate != 0) return rate;
  constexpr uint64_t kLongEnoughNs = 1'000'000;
  Reading end{};
  do {
    end = read_both(source_);
  } while (end.ns - begin_ns_ < kLongEnoughNs);
  const double measured =
      static_cast<double>(end.ns - begin_ns_) / static_cast<double>(end.ticks - begin_ticks_);
  // Of threads that measure at the same time, all take what the first one found.
  return ns_per_tick_.compare_exchange_strong(rate, measured, std::memory_order_relaxed) ? measured : rate;
}

uint64_t TickClock::nanoseconds(uint64_t ticks) const {
  return static_cast<uint64_t>(static_cast<double>(ticks) * ns_per_tick());
}

}  // namespace headrace::platform
