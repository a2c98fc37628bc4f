// Weeks of training in small: nothing grows over a thousand epochs, however they end.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "loader_testing.h"

namespace headrace::testing {
namespace {

struct Footprint {
  uint64_t resident = 0;  ///< bytes of anonymous memory
  size_t fds = 0, threads = 0;
};

size_t entries(const char* folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

Footprint footprint() {
  Footprint f{0, entries("/proc/self/fd"), entries("/proc/self/task")};
  uint64_t size = 0, resident = 0, shared = 0;
  std::ifstream("/proc/self/statm") >> size >> resident >> shared;
  f.resident = (resident - shared) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return f;
}

/// One of the ways in which an epoch may go.
void live_through(Loader& loader, uint64_t epoch) {
  ASSERT_TRUE(loader.start_epoch(epoch).ok());
  std::vector<Batch> held;
  const uint64_t leave_after = epoch % 5 == 4 ? epoch % 11 : UINT64_MAX;
  for (uint64_t k = 0; k < leave_after; ++k) {
    Expected<Batch> batch = loader.next();
    ASSERT_TRUE(batch.ok()) << batch.status().to_string();
    if (!batch.value()) break;
    held.push_back(std::move(batch.value()));
    if (held.size() > epoch % 6) held.erase(held.begin());
  }
  (void)loader.take_reports();
  if (epoch % 7 == 0) {
    ASSERT_TRUE(loader.resume(loader.state()).ok());
  }
}

TEST(LoaderSoak, AThousandEpochsLeaveNothingBehind) {
  constexpr uint64_t kWarmUp = 200, kEpochs = 1000;
  auto program = std::make_shared<FakeProgram>();
  program->on_run = [](const hr_run_frame& f) { return FakeProgram::sample_of(f) % 41 == 5 ? HR_E_DECODE : HR_OK; };
  LoaderOptions options;
  options.batch_size = 16;
  options.threads = 3;
  options.tail = Tail::wrap;
  options.order = Order::quasi_random;
  options.window_bytes = 3000;
  options.on_error = OnError::skip;
  const std::unique_ptr<Loader> loader = make_loader(std::make_shared<FakeDataset>(200), program, options);
  Footprint before;
  for (uint64_t epoch = 0; epoch < kWarmUp + kEpochs; ++epoch) {
    if (epoch == kWarmUp) before = footprint();
    live_through(*loader, epoch);
    if (HasFatalFailure()) return;
  }
  const Footprint after = footprint();
  EXPECT_EQ(after.fds, before.fds);
  EXPECT_EQ(after.threads, before.threads);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)  // these keep memory of their own
  EXPECT_LE(after.resident, before.resident + kEpochs * 1024) << "more than 1 KiB an epoch";
#endif
}

}  // namespace
}  // namespace headrace::testing
