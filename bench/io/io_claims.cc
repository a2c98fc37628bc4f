#include "bench/io/io_claims.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <random>

#include "bench/io/io_epoch.h"
#include "bench/io/tlb_counter.h"
#include "headrace/dataset.h"
#include "runtime/platform/buffer.h"

namespace headrace::bench {
namespace {

volatile uint64_t sink;

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double best_seconds(unsigned rounds, const std::function<void()>& prepare,
                    const std::function<void()>& work) {
  double best = 1e9;
  for (unsigned i = 0; i < rounds; ++i) {
    prepare();
    best = std::min(best, seconds_of(work));
  }
  return best;
}

/// Reads of 96 KiB at random multiples of 1 MiB, or so many bytes behind them, cold.
ClaimRow alignment_row(const IoData& data, unsigned rounds, uint64_t shift) {
  constexpr uint64_t kBytes = 96u << 10, kStep = 1u << 20;
  constexpr uint64_t kReads = 500;
  const int fd = ::open(data.dataset.c_str(), O_RDONLY | O_CLOEXEC);
  (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
  std::vector<uint8_t> buffer(kBytes);
  const uint64_t places = data.bytes / kStep - 2;
  const double s = best_seconds(
      rounds, [&] { drop_dataset(data); },
      [&] {
        std::mt19937_64 rng(1);
        for (uint64_t i = 0; i < kReads; ++i)
          sink = static_cast<uint64_t>(
              ::pread(fd, buffer.data(), kBytes, static_cast<off_t>(rng() % places * kStep + shift)));
      });
  ::close(fd);
  return {"alignment", shift == 0 ? "reads at multiples of 4096" : "reads 2048 bytes behind them",
          s / kReads * 1e6, "us per 96 KiB, cold", shift == 0 ? "" : "one page of 4096 bytes more is read"};
}

/// All samples of the warm dataset, by one thread, in a random order.
ClaimRow warm_row(
    const IoData& data, unsigned rounds, const std::string& claim, const std::string& variant,
    const std::function<void(int fd, const uint8_t* mapped, uint64_t size, std::vector<uint8_t>&)>& use) {
  const auto dataset = Dataset::open(data.dataset, {.verify_pages = false});
  std::vector<hr_field> fields(2);
  std::vector<uint64_t> samples(data.samples);
  for (uint64_t s = 0; s < data.samples; ++s) samples[s] = s;
  std::shuffle(samples.begin(), samples.end(), std::mt19937_64(2));
  const int fd = ::open(data.dataset.c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<uint8_t> buffer(256u << 10);
  warm_dataset(data);
  const double s = best_seconds(
      rounds + 1, [] {},
      [&] {
        for (const uint64_t sample : samples) {
          if (!(*dataset)->read(sample, fields).ok()) std::abort();
          use(fd, fields[0].data, fields[0].size, buffer);
        }
      });
  ::close(fd);
  return {claim, variant, s / static_cast<double>(data.samples) * 1e6, "us per sample, warm", ""};
}

/// Chases pointers through 256 MiB, one per 64 bytes, in a random order; then hashes all of it.
void add_page_size_rows(std::vector<ClaimRow>& rows, unsigned rounds, bool huge) {
  constexpr size_t kBytes = 256u << 20, kLine = 64;
  platform::Buffer memory;
  double touch = 1e9;
  for (unsigned i = 0; i < rounds; ++i) {
    memory = platform::Buffer();
    auto fresh = platform::Buffer::allocate(kBytes);
    if (!fresh.ok()) std::abort();
    memory = std::move(*fresh);
    (void)::madvise(memory.data(), kBytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    touch = std::min(touch, seconds_of([&] { std::memset(memory.data(), 1, kBytes); }));
  }
  std::vector<uint32_t> lines(kBytes / kLine);
  for (uint32_t i = 0; i < lines.size(); ++i) lines[i] = i;
  std::shuffle(lines.begin(), lines.end(), std::mt19937_64(3));
  for (size_t i = 0; i < lines.size(); ++i) {
    const uint32_t next = lines[(i + 1) % lines.size()];
    std::memcpy(memory.data() + lines[i] * kLine, &next, sizeof next);
  }
  uint64_t misses = 0;
  std::string why;
  const double chase = best_seconds(
      rounds, [] {},
      [&] {
        const TlbCounter counter;
        uint32_t at = 0;
        for (size_t i = 0; i < lines.size(); ++i) std::memcpy(&at, memory.data() + at * kLine, sizeof at);
        sink = at;
        misses = counter.count().value_or(0);
        why = counter.why_not();
      });
  const double hash = best_seconds(
      rounds, [] {}, [&] { sink = XXH3_64bits(memory.data(), kBytes); });
  const std::string variant = huge ? "2 MiB pages" : "4 KiB pages";
  rows.push_back({"page size", variant + ", first touch", touch * 1e3, "ms for 256 MiB", ""});
  rows.push_back(
      {"page size", variant + ", read in order", static_cast<double>(kBytes) / hash / 1e9, "GB/s", ""});
  rows.push_back({"page size", variant + ", dependent loads in random order",
                  chase / static_cast<double>(lines.size()) * 1e9, "ns per load", ""});
  if (why.empty()) {
    rows.push_back({"page size", variant + ", dTLB misses of those",
                    static_cast<double>(misses) / static_cast<double>(lines.size()), "per load", ""});
  } else {
    rows.push_back({"page size", variant + ", dTLB misses of those", -1, "",
                    "not counted: perf_event_open says \"" + why + "\""});
  }
}

ClaimRow epoch_row(const IoData& data, unsigned rounds, const std::string& claim, const std::string& variant,
                   const EpochPlan& plan, bool warm, bool per_sample) {
  double best = 1e9;
  EpochResult result;
  for (unsigned i = 0; i < rounds; ++i) {
    (warm ? warm_dataset : drop_dataset)(data);
    result = run_epochs(data, plan);
    if (!result.error.empty()) return {claim, variant, -1, "", result.error};
    best = std::min(best, result.seconds);
  }
  if (per_sample)
    return {claim, variant, best / static_cast<double>(result.samples) * 1e6,
            "us per sample, warm, one thread", ""};
  return {claim, variant, static_cast<double>(result.bytes) / best / 1e6, "MB/s of samples, cold",
          std::to_string(result.device_bytes / 1'000'000) + " MB read from the device"};
}

}  // namespace

std::vector<ClaimRow> measure_claims(const IoData& data, unsigned rounds) {
  std::vector<ClaimRow> rows;
  rows.push_back(alignment_row(data, rounds, 0));
  rows.push_back(alignment_row(data, rounds, 2048));

  rows.push_back(warm_row(data, rounds, "mapping", "pread into a buffer, hashed there",
                          [](int fd, const uint8_t* mapped, uint64_t size, std::vector<uint8_t>& buffer) {
                            // Any place in the file does: all of it is in memory.
                            const auto at =
                                static_cast<off_t>(reinterpret_cast<uintptr_t>(mapped) % (1u << 30));
                            sink = static_cast<uint64_t>(::pread(fd, buffer.data(), size, at));
                            sink = XXH3_64bits(buffer.data(), size);
                          }));
  rows.push_back(warm_row(data, rounds, "mapping", "mapped, hashed where it is",
                          [](int, const uint8_t* mapped, uint64_t size, std::vector<uint8_t>&) {
                            sink = XXH3_64bits(mapped, size);
                          }));
  rows.push_back(warm_row(data, rounds, "zero copy", "mapped, copied, hashed in the copy",
                          [](int, const uint8_t* mapped, uint64_t size, std::vector<uint8_t>& buffer) {
                            std::memcpy(buffer.data(), mapped, size);
                            sink = XXH3_64bits(buffer.data(), size);
                          }));

  for (const Order order : {Order::random, Order::quasi_random}) {
    for (const Way way : {Way::plain, Way::pread}) {
      EpochPlan plan;
      plan.way = way;
      plan.order = order;
      plan.verify = false;
      rows.push_back(epoch_row(data, rounds, "page-local order", name_of(order) + ", " + name_of(way), plan,
                               false, false));
    }
  }
  for (const bool verify : {false, true}) {
    EpochPlan plan;
    plan.way = Way::pread;
    plan.order = Order::random;
    plan.verify = verify;
    rows.push_back(epoch_row(data, rounds, "page hashes", verify ? "checked (first epoch)" : "not checked",
                             plan, false, false));
  }
  add_page_size_rows(rows, rounds, false);
  add_page_size_rows(rows, rounds, true);

  for (const Way way : {Way::plain, Way::mmap}) {
    for (const Order order : {Order::sequential, Order::random}) {
      EpochPlan plan;
      plan.way = way;
      plan.order = order;
      plan.workers = 1;
      plan.epochs = 2;
      plan.touch = false;
      rows.push_back(epoch_row(data, rounds, "cost of the engine",
                               name_of(way) + ", " + name_of(order) + ", bytes not touched", plan, true,
                               true));
    }
  }
  return rows;
}

}  // namespace headrace::bench
